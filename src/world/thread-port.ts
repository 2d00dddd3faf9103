import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { TranslatorAnswer, TranslatorPort, TranslatorRequest } from "../vmm/translator/port.js";

/** The way to the translator thread for a thread without an event loop. */
export class ThreadPort implements TranslatorPort {
  constructor(
    private readonly port: MessagePort,
    readonly keeps: boolean,
  ) {}

  send(what: TranslatorRequest): void {
    this.port.postMessage(what);
  }
  nowUs(): number {
    return performance.now() * 1000;
  }
  take(): TranslatorAnswer | undefined {
    return receiveMessageOnPort(this.port)?.message as TranslatorAnswer | undefined;
  }
}
