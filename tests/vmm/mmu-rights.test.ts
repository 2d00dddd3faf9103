import { describe, expect, it } from "vitest";
import { EFER } from "../../src/vmm/cpu/layout.js";
import { A, CR0_WP, CR4_PAE, CR4_PSE, D, MmuGuest, P, PS, RW, US } from "./mmu-guest.js";

/**
 * Access rights of paging, every combination (SDM vol. 3, 4.5 to 4.8): present, R/W, U/S and XD on each level, CR0.WP, IA32_EFER.NXE, and who
 * reads, writes or fetches. Linear 0x40_5000 is mapped by directory entry 1 (PAE: 2) and table entry 5.
 */
const LINEAR = 0x40_5000;
const TABLE = 0x2000;
const DIRECTORY = 0x1000;
const POINTERS = 0x3000;
const XD = 1;
const NXE = 0x800;

const ACCESSES = [
  { name: "read", write: false, fetch: false },
  { name: "write", write: true, fetch: false },
  { name: "fetch", write: false, fetch: true },
] as const;
type Access = (typeof ACCESSES)[number];

interface Rights {
  present: boolean;
  write: boolean;
  user: boolean;
  noExecute: boolean;
}
/** What the manual says of an access through entries with these rights, from the root down: the error code of its #PF, or none. */
function expected(levels: Rights[], access: Access, user: boolean, wp: boolean, nx: "off" | "without PAE" | "on"): number | undefined {
  const causes = (access.write ? 2 : 0) | (user ? 4 : 0) | (access.fetch && nx === "on" ? 16 : 0);
  for (const level of levels) {
    if (!level.present) return causes;
    if (level.noExecute && nx !== "on") return causes | 8 | 1;
  }
  const all = (right: "write" | "user") => levels.every((level) => level[right]);
  const refused =
    (user && !all("user")) || (access.write && !all("write") && (user || wp)) || (access.fetch && levels.some((level) => level.noExecute));
  return refused ? causes | 1 : undefined;
}

const bits = (r: Rights) => (r.present ? P : 0) | (r.write ? RW : 0) | (r.user ? US : 0);
const combinations = (noExecute: boolean): Rights[] =>
  Array.from({ length: noExecute ? 16 : 8 }, (_, i) => ({
    present: (i & 1) !== 0,
    write: (i & 2) !== 0,
    user: (i & 4) !== 0,
    noExecute: (i & 8) !== 0,
  }));

interface Structure {
  cr4: number;
  pae: boolean;
  large: boolean;
  /** Physical addresses of the entries that are walked, from the root down. */
  entries: number[];
  leaf: number;
}
const STRUCTURES: [string, Structure][] = [
  ["4 KiB pages", { cr4: 0, pae: false, large: false, entries: [DIRECTORY + 4, TABLE + 4 * 5], leaf: 0x5000 }],
  ["4 KiB pages under PSE", { cr4: CR4_PSE, pae: false, large: false, entries: [DIRECTORY + 4, TABLE + 4 * 5], leaf: 0x5000 }],
  ["4 MiB pages", { cr4: CR4_PSE, pae: false, large: true, entries: [DIRECTORY + 4], leaf: PS }],
  ["PAE, 4 KiB pages", { cr4: CR4_PAE, pae: true, large: false, entries: [DIRECTORY + 16, TABLE + 8 * 5], leaf: 0x5000 }],
  ["PAE, 2 MiB pages", { cr4: CR4_PAE, pae: true, large: true, entries: [DIRECTORY + 16], leaf: PS }],
];

class RightsGuest extends MmuGuest {
  constructor(private readonly structure: Structure) {
    super();
  }

  set(levels: readonly Rights[], wp: boolean, nxe: boolean): void {
    const { entries, leaf, cr4, pae } = this.structure;
    levels.forEach((level, i) => {
      this.put(entries[i], bits(level) | (i === levels.length - 1 ? leaf : TABLE));
      if (pae) this.put(entries[i] + 4, level.noExecute ? XD << 31 : 0);
    });
    if (pae) this.put(POINTERS, DIRECTORY | P);
    this.state.set(EFER, nxe ? NXE : 0);
    this.paging(cr4, wp ? CR0_WP : 0, pae ? POINTERS : DIRECTORY);
  }

  /** Error code of the access's #PF, if it has one. */
  try(access: Access, user: boolean): number | undefined {
    this.mmu.setPrivilege(user ? 3 : 0);
    const done = access.fetch ? this.mmu.translateFetch(LINEAR) >= 0 : this.mmu.probe(LINEAR, 4, access.write, user);
    return done ? undefined : this.fault().error;
  }

  marks(): number[] {
    return this.structure.entries.map((entry) => this.get(entry) & (A | D));
  }
}

describe.each(STRUCTURES)("%s", (_, structure) => {
  const guest = new RightsGuest(structure);
  const one = combinations(structure.pae);
  const mappings = structure.large ? one.map((a) => [a]) : one.flatMap((a) => one.map((b) => [a, b]));

  it.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])("WP %s, NXE %s: the access is made or refused as the manual says, and marks what it used and nothing else", (wp, nxe) => {
    const nx = !nxe ? "off" : structure.pae ? "on" : "without PAE";
    for (const levels of mappings)
      for (const access of ACCESSES)
        for (const user of [false, true]) {
          guest.set(levels, wp, nxe);
          const where = `${JSON.stringify(levels)} ${access.name} by ${user ? "user" : "supervisor"}`;
          const error = expected(levels, access, user, wp, nx);
          expect(guest.try(access, user), where).toBe(error);
          const used = levels.map((__, i) => (error !== undefined ? 0 : access.write && i === levels.length - 1 ? A | D : A));
          expect(guest.marks(), where).toEqual(used);
        }
  });

  it("what one access was allowed doesn't let another through that isn't", () => {
    for (const levels of mappings) {
      guest.set(levels, true, false);
      for (const user of [false, true])
        for (const access of [...ACCESSES, ...ACCESSES]) {
          const where = `${JSON.stringify(levels)} ${access.name} by ${user ? "user" : "supervisor"}`;
          expect(guest.try(access, user), where).toBe(expected(levels, access, user, true, structure.pae ? "off" : "without PAE"));
        }
    }
  });
});

const ALLOWED: Rights = { present: true, write: true, user: true, noExecute: false };

/** Bits of the entry that maps the page which are #PF with the reserved bit when set: all others are free. MAXPHYADDR is 36, there is no PAT. */
describe("reserved bits of the entry that maps a page", () => {
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  it.each([
    [STRUCTURES[0], []],
    [STRUCTURES[1], [7]],
    [STRUCTURES[2], [12, ...range(17, 21)]],
    [STRUCTURES[3], [7, ...range(36, 63)]],
    [STRUCTURES[4], [...range(12, 20), ...range(36, 63)]],
  ] as const)("%s", ([, structure], reserved) => {
    const guest = new RightsGuest(structure);
    const levels = structure.entries.map(() => ALLOWED);
    const entry = structure.entries[levels.length - 1];
    const found: number[] = [];
    // Bits 0 (present) and 7 of a directory entry (PS) say what the entry is.
    for (let bit = 1; bit < (structure.pae ? 64 : 32); bit++) {
      if (structure.large && bit === 7) continue;
      guest.set(levels, true, false);
      const half = bit < 32 ? entry : entry + 4;
      guest.put(half, (guest.get(half) | (1 << (bit & 31))) >>> 0);
      const error = guest.try(ACCESSES[0], true);
      if (error === undefined) continue;
      expect(error).toBe(0x0d);
      found.push(bit);
    }
    expect(found).toEqual(reserved);
  });

  it("a directory entry of PAE that points to a table: bits 36 to 63", () => {
    const guest = new RightsGuest(STRUCTURES[3][1]);
    const found: number[] = [];
    for (let bit = 36; bit < 64; bit++) {
      guest.set([ALLOWED, ALLOWED], true, false);
      guest.put(DIRECTORY + 20, (1 << (bit & 31)) >>> 0);
      if (guest.try(ACCESSES[1], false) === 0x0b) found.push(bit);
    }
    expect(found).toEqual(range(36, 63));
  });

  it("bit 63 is none with NXE", () => {
    const guest = new RightsGuest(STRUCTURES[3][1]);
    guest.set([ALLOWED, { ...ALLOWED, noExecute: true }], true, true);
    expect(guest.try(ACCESSES[0], true)).toBeUndefined();
  });

  it("entries that are not present have none", () => {
    const guest = new RightsGuest(STRUCTURES[3][1]);
    guest.set([ALLOWED, ALLOWED], true, false);
    guest.put(TABLE + 8 * 5, 0xffff_fffe);
    guest.put(TABLE + 8 * 5 + 4, 0xffff_ffff);
    expect(guest.try(ACCESSES[0], true)).toBe(4);
  });
});
