import type { TranslatorAnswer, TranslatorPort, TranslatorRequest } from "./port.js";
import { Translator } from "./translator.js";

/** Translates in the thread that asks, at once: for tests, and for whoever has no other thread. */
export class LocalPort implements TranslatorPort {
  readonly keeps = false;
  private readonly answers: TranslatorAnswer[] = [];
  private readonly translator: Translator;
  private chunks = 0;

  constructor(protected readonly memory: Uint8Array) {
    this.translator = new Translator(memory);
  }

  send(what: TranslatorRequest): void {
    if (what.kind === "translate") {
      const batch = this.translator.translate(what.requests);
      const { regions, imports, bytes } = batch;
      this.translator.remember(batch);
      const linked = { module: new WebAssembly.Module(bytes), imports };
      const ids = what.requests.map(({ id }) => id);
      this.answers.push({ kind: "translated", ids, regions, linked, translateUs: 0, compileUs: 0 });
    } else if (what.kind === "link") {
      const { numbers, imports, bytes } = this.translator.relink(what.numbers);
      const linked = { module: new WebAssembly.Module(bytes), imports };
      this.answers.push({ kind: "linked", chunk: ++this.chunks, numbers, linked, compileUs: 0 });
    } else if (what.kind === "load") this.answers.push({ kind: "loaded", chunk: what.chunk, linked: null });
    else if (what.kind === "forget") this.translator.forget(what.number);
  }
  nowUs(): number {
    return 0;
  }
  take(): TranslatorAnswer | undefined {
    return this.answers.shift();
  }
}
