import { PAGE, RAM_BYTES } from "./memory-map.js";

/** Guest memory as a case starts with it. One object is reused: `revert` takes back what the last case put in. */
export class Image {
  readonly bytes = new Uint8Array(RAM_BYTES);
  readonly #view = new DataView(this.bytes.buffer);
  readonly #touched = new Set<number>();

  revert(): void {
    for (const page of this.#touched) this.bytes.fill(0, page * PAGE, (page + 1) * PAGE);
    this.#touched.clear();
  }

  put(at: number, value: number, size: 1 | 2 | 4): void {
    this.#touch(at, size);
    if (size === 4) this.#view.setUint32(at, value, true);
    else if (size === 2) this.#view.setUint16(at, value, true);
    else this.bytes[at] = value;
  }
  get(at: number, size: 2 | 4): number {
    return size === 4 ? this.#view.getUint32(at, true) : this.#view.getUint16(at, true);
  }
  fill(at: number, from: ArrayLike<number>): void {
    this.#touch(at, from.length);
    this.bytes.set(from, at);
  }

  #touch(at: number, size: number): void {
    for (let page = Math.floor(at / PAGE); page * PAGE < at + size; page++) this.#touched.add(page);
  }
}
