/** Input on its way to a serial port: what the ring to the guest has no room for waits here, in order. */
export class InputQueue {
  private readonly waiting: Uint8Array[] = [];
  /** Bytes of the first chunk that have gone. */
  private gone = 0;

  /** `put` takes bytes from an offset on, and says how many. */
  constructor(private readonly put: (data: Uint8Array, from: number) => number) {}

  push(data: Uint8Array): void {
    this.waiting.push(data);
    this.flush();
  }

  /** To be called when there may be room. */
  flush(): void {
    while (this.waiting.length > 0) {
      const [first] = this.waiting;
      this.gone += this.put(first, this.gone);
      if (this.gone < first.length) return;
      this.waiting.shift();
      this.gone = 0;
    }
  }
}
