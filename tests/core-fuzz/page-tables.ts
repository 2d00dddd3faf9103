import { CODE as ISA_CODE, DATA as ISA_DATA, TOP } from "../isa/layout.js";
import type { Random } from "../isa/random.js";
import type { Image } from "./image.js";
import * as map from "./memory-map.js";
import { PAGE } from "./memory-map.js";

export type Paging = "off" | "4K" | "PSE" | "PAE";

const PRESENT = 1;
const WRITABLE = 2;
const USER = 4;
const ACCESSED = 0x20;
const DIRTY = 0x40;
const LARGE = 0x80;
const GLOBAL = 0x100;
/** In the second doubleword of a PAE entry. */
const XD = 0x8000_0000;

/** Page tables that are being built; those of PAE have entries of 8 bytes and a level more. */
class Tables {
  readonly #directories = new Map<number, number>();
  readonly #tables = new Map<number, number>();
  #next = map.PAGE_TABLES + PAGE;

  constructor(
    private readonly image: Image,
    private readonly pae: boolean,
  ) {}

  /** Puts the entry that maps a page; under PAE it may forbid execution. */
  page(linear: number, entry: number, noExecute = false): void {
    const shift = this.pae ? 21 : 22;
    const directory = this.directory(linear);
    const index = linear >>> shift;
    let table = this.#tables.get(index);
    if (table === undefined) {
      table = this.#allocate();
      this.#tables.set(index, table);
      this.#entry(directory, this.pae ? index & 0x1ff : index, table | PRESENT | WRITABLE | USER);
    }
    const pageIndex = (linear >>> 12) & (this.pae ? 0x1ff : 0x3ff);
    this.#entry(table, pageIndex, entry);
    if (noExecute) this.image.put(table + pageIndex * 8 + 4, XD, 4);
  }
  /** Puts the directory entry for a linear address. */
  directoryEntry(linear: number, entry: number): void {
    this.#entry(this.directory(linear), this.pae ? (linear >>> 21) & 0x1ff : linear >>> 22, entry);
  }

  private directory(linear: number): number {
    if (!this.pae) return map.PAGE_TABLES;
    const index = linear >>> 30;
    let directory = this.#directories.get(index);
    if (directory === undefined) {
      directory = this.#allocate();
      this.#directories.set(index, directory);
      this.#entry(map.PAGE_TABLES, index, directory | PRESENT);
    }
    return directory;
  }
  #entry(table: number, index: number, entry: number): void {
    this.image.put(table + index * (this.pae ? 8 : 4), entry >>> 0, 4);
  }
  #allocate(): number {
    const table = this.#next;
    if (table >= map.PAGE_TABLES_END) throw new RangeError("no room for another page table");
    this.#next += PAGE;
    return table;
  }
}

/** Rights and marks of an entry: mostly everything is allowed. */
function flags(random: Random): number {
  let bits = PRESENT | WRITABLE | USER;
  if (random.oneIn(16)) bits &= ~WRITABLE;
  if (random.oneIn(16)) bits &= ~USER;
  if (random.oneIn(40)) bits &= ~PRESENT;
  if (random.oneIn(2)) bits |= ACCESSED;
  if (random.oneIn(3)) bits |= ACCESSED | DIRTY;
  if (random.oneIn(8)) bits |= GLOBAL;
  return bits;
}

/** Where a mapping leads that is not the plain one: elsewhere in RAM, to tables, devices, the hole, beyond RAM. */
function elsewhere(random: Random): number {
  return random.pick([
    map.PAGE_TABLES,
    map.GDT,
    map.CODE,
    map.STACKS,
    map.DATA,
    map.DEVICE,
    map.HOLE.start,
    map.HIGH_DEVICE,
    map.RAM_BYTES - PAGE,
    map.RAM_BYTES,
    0x7fff_f000,
  ]);
}

/** Maps RAM to where it lies, the addresses of the instruction harness's cases to some of it, and spoils a few entries. */
export function fillPageTables(random: Random, image: Image, paging: Paging, noExecute = false): void {
  if (paging === "off") return;
  const tables = new Tables(image, paging === "PAE");
  const large = paging !== "4K";
  for (let linear = 0; linear < map.RAM_BYTES; linear += PAGE)
    tables.page(linear, (random.oneIn(60) ? elsewhere(random) : linear) | flags(random), noExecute && random.oneIn(20));
  for (let i = 0; i < 6; i++) tables.page(ISA_DATA + i * PAGE, (map.DATA + i * PAGE) | flags(random));
  for (let i = 0; i < 2; i++) tables.page(ISA_CODE + i * PAGE, (map.CODE + i * PAGE) | flags(random));
  tables.page(TOP, map.DATA | flags(random));
  if (large && random.oneIn(2)) tables.directoryEntry(0x4000_0000 >>> random.below(3), LARGE | flags(random));
  if (large && random.oneIn(16)) tables.directoryEntry(0, LARGE | flags(random));
  // The tables see themselves.
  if (random.oneIn(2)) tables.directoryEntry(0x3fc0_0000, map.PAGE_TABLES | flags(random));
  for (let spoilt = random.oneIn(3) ? random.below(6) : 0; spoilt > 0; spoilt--) {
    const at = map.PAGE_TABLES + (random.below(map.PAGE_TABLES_END - map.PAGE_TABLES) & ~3);
    image.put(at, random.oneIn(2) ? random.word() : elsewhere(random) | flags(random), 4);
  }
}
