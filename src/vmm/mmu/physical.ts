import { PAGE_SIZE, RAM_BASE } from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";
import { Rom } from "./rom.js";

/** What stores to a page are: plain, to be looked at because it holds code, or not to be made in line at all. */
export type Stores = "plain" | "traced" | "none";

/** A device in guest-physical space. `base` and `size` are multiples of the page size. */
export interface MmioRegion {
  readonly base: number;
  readonly size: number;
  /** Value of 1, 2 or 4 bytes at `offset` from the base; an access never crosses a page. */
  read(offset: number, size: number): number;
  write(offset: number, size: number, value: number): void;
}

/** Who keeps predecoded (or translated) code of pages and must hear of writes to them. A page is named by its host address, counted from RAM_BASE. */
export interface CodeWatch {
  /** Whether code of this page (address / 4096, inside RAM) has been predecoded. */
  holdsCode(page: number): boolean;
  /** Bytes in a page that holds code have been overwritten; the range stays inside that page. */
  written(address: number, size: number): void;
}

const noCode: CodeWatch = { holdsCode: () => false, written: () => undefined };

/** The hole of the PC between conventional and extended memory: video memory and option ROMs, none of which are here. */
const HOLE_START = 0xa0000;
const HOLE_END = 0x100000;
const A20 = 0x100000;

/**
 * Guest-physical space: RAM, ROM, device regions, and absence. Absent memory reads all ones; it ignores writes, as ROM does. Every store to guest RAM that
 * does not go through the write TLB (page walks, DMA, the monitor itself, code pages) is made here, so the code watch sees all of them.
 * Addresses are numbers of up to 36 bits. The A20 gate is applied here, to everything.
 */
export class PhysicalMemory {
  readonly ramBytes: number;
  /** Set by the engine; replaced before the guest runs. */
  codeWatch: CodeWatch = noCode;
  /** Stores that hit a page with code. */
  tracedWrites = 0;
  private a20 = true;
  private readonly regions: MmioRegion[] = [];
  private rom: Rom | null = null;

  constructor(
    private readonly state: CpuState,
    ramBytes: number,
  ) {
    this.ramBytes = ramBytes;
  }

  get a20Enabled(): boolean {
    return this.a20;
  }
  /** The gate masks physical bit 20: whoever caches translations must drop them. */
  setA20(enabled: boolean): void {
    this.a20 = enabled;
  }

  /** Puts a device in front of whatever is there. */
  addRegion(region: MmioRegion): void {
    this.regions.unshift(region);
  }

  /**
   * Shows the first `bytes` behind guest RAM as the firmware ROM; none with 0. A multiple of the page size. Whoever caches translations must drop
   * them. Throws RangeError where the machine's memory was made without room for it.
   */
  mapRom(bytes: number): void {
    const base = RAM_BASE + this.ramBytes;
    if (base + bytes > this.state.u8.length) throw new RangeError(`no room for a ROM of ${bytes} bytes`);
    this.rom = bytes === 0 ? null : new Rom(base, bytes);
  }

  /** Address with the A20 gate applied. */
  gated(physical: number): number {
    return !this.a20 && Math.floor(physical / A20) % 2 === 1 ? physical - A20 : physical;
  }

  /** Host address of a byte of RAM or ROM, or 0 if there is neither. Never to be stored through where `traced` says so: prefer `write`. */
  host(physical: number): number {
    const address = this.gated(physical);
    if (this.regions.length > 0 && this.region(address)) return 0;
    if (address < this.ramBytes && (address < HOLE_START || address >= HOLE_END)) return RAM_BASE + address;
    return this.rom?.host(address) ?? 0;
  }

  /** Whether a store to the page at this host address is more than that: its code has been predecoded, or it is ROM. */
  traced(host: number): boolean {
    return this.isRom(host) || this.codeWatch.holdsCode((host - RAM_BASE) >>> 12);
  }

  /** What stores to the page at this host address are, if the guest's mapping allows any. */
  storesTo(host: number): Stores {
    if (this.isRom(host)) return "none";
    return this.traced(host) ? "traced" : "plain";
  }

  /** Whether a host address of RAM or ROM is of ROM. */
  isRom(host: number): boolean {
    return host >= RAM_BASE + this.ramBytes;
  }

  /** Value of 1, 2 or 4 bytes; may cross pages and regions. */
  read(physical: number, size: number): number {
    if (offsetOf(physical) + size > PAGE_SIZE) return this.readBytewise(physical, size);
    const host = this.host(physical);
    if (host !== 0) return this.state.load(host, size);
    const address = this.gated(physical);
    const region = this.region(address);
    const value = region ? region.read(address - region.base, size) : 0xffffffff;
    return size === 4 ? value >>> 0 : value & (size === 2 ? 0xffff : 0xff);
  }

  /** Stores 1, 2 or 4 bytes; may cross pages and regions. */
  write(physical: number, size: number, value: number): void {
    if (offsetOf(physical) + size > PAGE_SIZE) {
      for (let i = 0; i < size; i++) this.write(physical + i, 1, (value >>> (8 * i)) & 0xff);
      return;
    }
    const host = this.host(physical);
    if (host === 0) {
      const address = this.gated(physical);
      const region = this.region(address);
      region?.write(address - region.base, size, value);
      return;
    }
    if (this.isRom(host)) return;
    this.state.store(host, size, value);
    this.trace(host - RAM_BASE, size);
  }

  /** Copies bytes out of guest-physical space (DMA, dumps). */
  readBytes(physical: number, into: Uint8Array): void {
    for (let done = 0; done < into.length; ) {
      const at = physical + done;
      const count = Math.min(into.length - done, PAGE_SIZE - (at % PAGE_SIZE));
      const host = this.host(at);
      if (host !== 0) into.set(this.state.u8.subarray(host, host + count), done);
      else for (let i = 0; i < count; i++) into[done + i] = this.read(at + i, 1);
      done += count;
    }
  }

  /** Copies bytes into guest-physical space (DMA, loader). */
  writeBytes(physical: number, from: Uint8Array): void {
    for (let done = 0; done < from.length; ) {
      const at = physical + done;
      const count = Math.min(from.length - done, PAGE_SIZE - (at % PAGE_SIZE));
      const host = this.host(at);
      if (host !== 0 && !this.isRom(host)) {
        this.state.u8.set(from.subarray(done, done + count), host);
        this.trace(host - RAM_BASE, count);
      } else for (let i = 0; i < count; i++) this.write(at + i, 1, from[done + i]);
      done += count;
    }
  }

  private trace(ramAddress: number, size: number): void {
    if (!this.codeWatch.holdsCode(ramAddress >>> 12)) return;
    this.tracedWrites++;
    this.codeWatch.written(ramAddress, size);
  }

  private region(address: number): MmioRegion | undefined {
    for (const region of this.regions) if (address >= region.base && address < region.base + region.size) return region;
    return undefined;
  }

  private readBytewise(physical: number, size: number): number {
    let value = 0;
    for (let i = 0; i < size; i++) value |= this.read(physical + i, 1) << (8 * i);
    return value >>> 0;
  }
}

/** In its page. (The remainder of a number that may be above 2^32 is a call of the C library; walks ask twice each.) */
function offsetOf(physical: number): number {
  return physical & (PAGE_SIZE - 1);
}
