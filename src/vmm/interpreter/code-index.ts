/** From an address (below 4 GiB - 1) to a record: open addressing over two typed arrays, since a boot enters hundreds of thousands. */
export class CodeIndex {
  private keys = new Int32Array(1 << 12).fill(-1);
  /** 0: deleted. */
  private values = new Int32Array(1 << 12);
  private used = 0;

  /** Addresses that there is room for. */
  get size(): number {
    return this.keys.length;
  }

  private slot(key: number): number {
    const mask = this.keys.length - 1;
    // Multiplicative hashing: the upper bits are the mixed ones, as many as there are slots.
    let slot = Math.imul(key, 0x9e37_79b1) >>> (Math.clz32(mask) & 31);
    while (this.keys[slot] !== key && this.keys[slot] !== -1) slot = (slot + 1) & mask;
    return slot;
  }

  /** 0: none. */
  get(address: number): number {
    return this.values[this.slot(address | 0)];
  }

  set(address: number, record: number): void {
    const key = address | 0;
    const slot = this.slot(key);
    if (this.keys[slot] === -1) {
      this.keys[slot] = key;
      this.used++;
    }
    this.values[slot] = record;
    if (this.used * 2 > this.keys.length) this.grow();
  }

  /** The address doesn't lead to this record any more, if it did. */
  remove(address: number, record: number): void {
    const slot = this.slot(address | 0);
    if (this.values[slot] === record) this.values[slot] = 0;
  }

  clear(): void {
    this.keys.fill(-1);
    this.values.fill(0);
    this.used = 0;
  }

  private grow(): void {
    const { keys, values } = this;
    // Where code comes and goes, most of what fills it has been removed.
    const live = values.reduce((count, record) => count + (record === 0 ? 0 : 1), 0);
    const size = live * 4 > keys.length ? keys.length * 2 : keys.length;
    this.keys = new Int32Array(size).fill(-1);
    this.values = new Int32Array(size);
    this.used = 0;
    for (let i = 0; i < keys.length; i++) if (keys[i] !== -1 && values[i] !== 0) this.set(keys[i], values[i]);
  }
}
