import { FIFO_SIZE } from "./state.js";

/** The receive FIFO: characters and the error bits of LSR that came with each. */
export class Receiver {
  readonly #data = new Uint8Array(FIFO_SIZE);
  readonly #errors = new Uint8Array(FIFO_SIZE);
  #first = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Error bits of the oldest character, 0 when there is none. */
  get errors(): number {
    return this.#length === 0 ? 0 : this.#errors[this.#first];
  }

  /** Whether any character has an error. */
  get anyErrors(): boolean {
    for (let i = 0; i < this.#length; i++) if (this.#errors[(this.#first + i) % FIFO_SIZE] !== 0) return true;
    return false;
  }

  /** The caller has seen that there is room. */
  push(data: number, errors: number): void {
    const last = (this.#first + this.#length) % FIFO_SIZE;
    this.#data[last] = data;
    this.#errors[last] = errors;
    this.#length++;
  }

  /** The oldest character, 0 when there is none. */
  shift(): number {
    if (this.#length === 0) return 0;
    const data = this.#data[this.#first];
    this.#first = (this.#first + 1) % FIFO_SIZE;
    this.#length--;
    return data;
  }

  /** The errors of the oldest character have been seen. */
  forgetErrors(): void {
    this.#errors[this.#first] = 0;
  }

  clear(): void {
    this.#length = 0;
  }

  save(): { data: number; errors: number }[] {
    const at = (i: number) => (this.#first + i) % FIFO_SIZE;
    return Array.from({ length: this.#length }, (_, i) => ({ data: this.#data[at(i)], errors: this.#errors[at(i)] }));
  }

  restore(received: { data: number; errors: number }[]): void {
    this.clear();
    for (const { data, errors } of received) this.push(data, errors);
  }
}
