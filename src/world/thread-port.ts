import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { TranslationAnswer, TranslationRequest, TranslatorPort } from "../vmm/translator/port.js";

/** The way to the translator thread for a thread without an event loop. */
export class ThreadPort implements TranslatorPort {
  constructor(private readonly port: MessagePort) {}

  send(requests: readonly TranslationRequest[]): void {
    this.port.postMessage(requests);
  }
  nowUs(): number {
    return performance.now() * 1000;
  }
  take(): TranslationAnswer | undefined {
    return receiveMessageOnPort(this.port)?.message as TranslationAnswer | undefined;
  }
}
