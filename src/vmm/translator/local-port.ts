import type { TranslationAnswer, TranslationRequest, TranslatorPort } from "./port.js";
import { translate } from "./translator.js";

/** Translates in the thread that asks, at once: for tests, and for whoever has no other thread. */
export class LocalPort implements TranslatorPort {
  private readonly answers: TranslationAnswer[] = [];

  constructor(protected readonly memory: Uint8Array) {}

  send(requests: readonly TranslationRequest[]): void {
    this.answers.push(translate(this.memory, requests, () => 0));
  }
  nowUs(): number {
    return 0;
  }
  take(): TranslationAnswer | undefined {
    return this.answers.shift();
  }
}
