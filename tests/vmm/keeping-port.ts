import { link, type RegionObject } from "../../src/vmm/translator/link.js";
import type {
  PlacedRegion,
  TranslationRequest,
  TranslatorAnswer,
  TranslatorPort,
  TranslatorRequest,
} from "../../src/vmm/translator/port.js";
import { Translator } from "../../src/vmm/translator/translator.js";

/** What one machine leaves for others: each region in a module of its own. */
export interface Shelf {
  readonly regions: Map<number, PlacedRegion>;
  readonly objects: Map<number, RegionObject>;
  /** Numbers given. */
  count: number;
}
export const newShelf = (): Shelf => ({ regions: new Map(), objects: new Map(), count: 0 });

/** Translates in the thread that asks, and keeps what it is told to; the machine begins with what is on the shelf. */
export class KeepingPort implements TranslatorPort {
  readonly keeps = true;
  private readonly answers: TranslatorAnswer[] = [];
  private readonly translator: Translator;
  private readonly made = new Map<number, RegionObject>();

  constructor(
    memory: Uint8Array,
    private readonly shelf: Shelf,
  ) {
    this.translator = new Translator(memory);
    this.answers.push({ kind: "kept", regions: [...shelf.regions.values()] });
  }

  nowUs(): number {
    return 0;
  }
  take(): TranslatorAnswer | undefined {
    return this.answers.shift();
  }

  send(what: TranslatorRequest): void {
    const { shelf } = this;
    if (what.kind === "translate") this.translate(what.requests);
    else if (what.kind === "load") {
      const object = shelf.objects.get(what.chunk);
      this.answers.push({ kind: "loaded", chunk: what.chunk, linked: object ? moduleOf([object]) : null });
    } else if (what.kind === "keep") {
      // The next machine's numbers are none of this one's.
      const number = -++shelf.count;
      const object = this.made.get(what.number);
      if (!object) throw new Error("something is to be kept that was not made");
      shelf.objects.set(number, object);
      shelf.regions.set(number, { number, chunk: number, position: 0, chunkSize: 1, region: what.region });
    } else if (what.kind === "forget") shelf.regions.delete(what.number);
    else {
      const { numbers, objects } = this.translator.relink(what.numbers, (number) => shelf.objects.get(number));
      this.answers.push({ kind: "linked", chunk: ++shelf.count, numbers, linked: moduleOf(objects), compileUs: 0 });
    }
  }

  private translate(requests: readonly TranslationRequest[]): void {
    const batch = this.translator.translate(requests);
    const { regions, numbers, objects } = batch;
    this.translator.remember(batch);
    for (const [i, number] of numbers.entries()) this.made.set(number, objects[i]);
    const ids = requests.map(({ id }) => id);
    this.answers.push({ kind: "translated", ids, regions, linked: moduleOf(objects), translateUs: 0, compileUs: 0 });
  }
}

function moduleOf(objects: readonly RegionObject[]) {
  const { bytes, imports } = link(objects);
  return { module: new WebAssembly.Module(bytes), imports };
}
