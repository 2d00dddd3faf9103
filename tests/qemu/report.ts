import * as arena from "./arena.js";
import { type Outcome, saved } from "./case.js";
import { dwordAt, type Mismatch, vectorName } from "./compare.js";
import { ARENA, ARENA_SIZE } from "./layout.js";

const hex = (value: number): string => (value >>> 0).toString(16);
const list = (names: string, values: ArrayLike<number>): string =>
  names
    .split(" ")
    .map((name, i) => `${name}=${hex(values[i])}`)
    .join(" ");

/** A mismatch as text: instructions and bytes, the state before, both results, and what differs. */
export function describe({ case: c, ours, theirs, differences }: Mismatch): string {
  return [
    `${c.family}: ${c.title}`,
    ...c.instructions.map(
      ({ text, bytes }) =>
        `    ${bytes
          .map((byte) => byte.toString(16).padStart(2, "0"))
          .join(" ")
          .padEnd(32)} ${text}`,
    ),
    `  entry    ${c.entry}, cs:eip ${hex(c.cs)}:${hex(c.eip)} ss:esp ${hex(c.ss)}:${hex(c.esp)} eflags ${hex(c.eflags)}`,
    `           ${list("eax ecx edx ebx - ebp esi edi", c.gpr)}`,
    `           ${list("es ds fs gs", c.segments)} ${list("cr0 cr3 cr4", [c.cr0, c.cr3, c.cr4])} ldtr=${hex(c.ldtr)} tr=${hex(c.tr)}`,
    `           ${list("dr0 dr1 dr2 dr3 dr6 dr7", c.debug)} gdtr=${c.gdtr.map(hex)} idtr=${c.idtr.map(hex)} sysenter=${c.sysenter.map(hex)}`,
    ...c.patches.filter(({ address }) => address !== arena.CODE).map(({ address, bytes }) => `    at ${place(address)}: ${dwords(bytes)}`),
    `  ours     ${ending(ours)}`,
    `  qemu     ${ending(theirs)}`,
    ...differences
      .slice(0, SHOWN)
      .map(
        ({ field, address, ours: a, theirs: b }) =>
          `    ${(address === undefined ? field : place(address)).padEnd(20)} ours ${hex(a).padEnd(10)} qemu ${hex(b)}`,
      ),
    ...(differences.length > SHOWN ? [`    and ${differences.length - SHOWN} more`] : []),
  ].join("\n");
}
/** A case that has gone another way differs in everything. */
const SHOWN = 12;

function ending(outcome: Outcome): string {
  const esp = saved(outcome, "gpr", 4);
  const ss = saved(outcome, "segments", 2);
  const flat = [0, 1, 2].some((ring) => ss === arena.data32(ring)) || ss === 0x10;
  const top = flat && esp >= ARENA && esp < ARENA + ARENA_SIZE - 36 && esp % 4 === 0;
  const stack = top ? ` stack ${[0, 4, 8, 12, 16, 20].map((i) => hex(dwordAt(outcome, esp + i))).join(" ")}` : "";
  return `${vectorName(outcome.vector)}${outcome.vector16 ? ` (8086 vector ${hex(outcome.vector16 - 1)})` : ""} ss:esp ${hex(ss)}:${hex(esp)}${stack}`;
}

const PLACES: readonly (readonly [string, number])[] = [
  ["PAE_WINDOW_TABLE", arena.PAE_WINDOW_TABLE],
  ["PAE_TABLE", arena.PAE_TABLE],
  ["PAE_DIRECTORY", arena.PAE_DIRECTORY],
  ["PAE_POINTERS", arena.PAE_POINTERS],
  ["WINDOW_TABLE", arena.WINDOW_TABLE],
  ["PAGE_TABLE", arena.PAGE_TABLE],
  ["PAGE_DIRECTORY", arena.PAGE_DIRECTORY],
  ["DATA", arena.DATA],
  ["STACK", arena.CODE + 0x1000],
  ["CODE", arena.CODE],
  ["TSS_16", arena.TSS_16],
  ["TSS_B", arena.TSS_B],
  ["TSS", arena.TSS],
  ["IDT", arena.IDT],
  ["LDT", arena.LDT],
  ["GDT", arena.GDT],
];
function place(address: number): string {
  const [name, start] = PLACES.find(([, from]) => address >= from) ?? ["", 0];
  return name === "STACK" ? `STACK ${hex(address)}` : `${name}+${hex(address - start)}`;
}

function dwords(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 4)
    parts.push(
      Array.from(bytes.subarray(i, i + 4), (byte) => byte.toString(16).padStart(2, "0"))
        .reverse()
        .join(""),
    );
  return parts.join(" ");
}

/** For counting alike mismatches: family, endings, and the names of what differs. */
export function kind(mismatch: Mismatch): string {
  const { case: c, ours, theirs, differences } = mismatch;
  const fields = new Set(
    differences.map(({ field, address }) => (address === undefined ? field : place(address).replace(/ ?[+]?[0-9a-f]+$/, ""))),
  );
  return `${c.family}: ours ${vectorName(ours.vector)}, qemu ${vectorName(theirs.vector)}: ${[...fields].join(" ")}`;
}
