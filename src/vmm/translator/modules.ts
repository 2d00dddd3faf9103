import type { LinkedModule } from "./port.js";

export type Exports = Record<string, unknown>;

/** Instances of modules in this machine. They live as long as one of their regions is in place; those of kept regions, until somebody asks for room. */
export class Modules {
  private readonly chunks = new Map<number, Exports>();
  private readonly asked = new Set<number>();

  /** @param core what modules import: the machine's memory, the core module's exports, and `profile` */
  constructor(private readonly core: Exports) {}

  instantiate({ module, imports }: LinkedModule): Exports {
    const core: Exports = { memory: this.core.memory };
    for (const name of imports) core[name] = this.core[name];
    return new WebAssembly.Instance(module, { core }).exports;
  }

  chunk(number: number): Exports | undefined {
    return this.chunks.get(number);
  }
  add(number: number, linked: LinkedModule): Exports {
    const exports = this.instantiate(linked);
    this.asked.delete(number);
    this.chunks.set(number, exports);
    return exports;
  }
  /** Whether it is to be asked for: it isn't here, nor under way. */
  wants(number: number): boolean {
    if (this.chunks.has(number) || this.asked.has(number)) return false;
    this.asked.add(number);
    return true;
  }
  lost(number: number): void {
    this.asked.delete(number);
  }
  get waits(): boolean {
    return this.asked.size > 0;
  }
  /** The others can be loaded again. */
  retain(live: ReadonlySet<object>): void {
    for (const [number, exports] of this.chunks) if (!live.has(exports)) this.chunks.delete(number);
  }
  clear(): void {
    this.chunks.clear();
    this.asked.clear();
  }
}
