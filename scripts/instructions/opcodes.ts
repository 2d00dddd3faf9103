import { Decoder } from "../../src/vmm/decode/decoder.js";
import type { Entry } from "../../src/vmm/decode/entry.js";
import { Mandatory, type Node, oneByte, twoByte, x87Memory, x87Register } from "../../src/vmm/decode/opcode-map.js";

/** An opcode of the decoder's tables, with everything that selects it: mandatory prefix, ModRM.reg, the x87's second byte. */
export interface Opcode {
  /** As in the manuals: "66 0F 58", "80 /0", "40+r", "D8 C0+i", "F2/F3 A4" for a repeated string instruction. */
  readonly label: string;
  readonly entry: Entry;
}

/** A place in the tables: the row (map and mandatory prefix), the opcode byte, and ModRM.reg or the x87's second byte. */
interface Place {
  readonly row: string;
  readonly byte: number;
  readonly extension?: string;
  readonly entry: Entry | undefined;
}

const hex = (n: number) => n.toString(16).toUpperCase().padStart(2, "0");
const isEntry = (node: Node): node is Entry => node !== undefined && "name" in node;

const PREFIXES = new Set([0x0f, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3]);
const isX87 = (byte: number) => byte >= 0xd8 && byte <= 0xdf;
const MANDATORY = ["", "66 ", "F3 ", "F2 "];

function isSame(a: Node, b: Node): boolean {
  if (a === b || a === undefined || b === undefined || isEntry(a) || isEntry(b)) return a === b;
  return a.every((member, reg) => member === b[reg]);
}

function placesAt(row: string, byte: number, node: Node): Place[] {
  if (node === undefined || isEntry(node)) return [{ row, byte, entry: node }];
  return node.map((member, reg) => ({ row, byte, extension: `/${reg}`, entry: isEntry(member) ? member : undefined }));
}

function* places(): Generator<Place> {
  for (const [byte, node] of oneByte.entries()) {
    if (!PREFIXES.has(byte) && !isX87(byte)) yield* placesAt("", byte, node);
    if (!isX87(byte)) continue;
    for (const [reg, member] of x87Memory[byte - 0xd8].entries()) {
      yield { row: "", byte, extension: `/${reg}`, entry: isEntry(member) ? member : undefined };
    }
    for (const [low, member] of x87Register[byte - 0xd8].entries()) {
      yield { row: "", byte, extension: ` ${hex(0xc0 + low)}`, entry: isEntry(member) ? member : undefined };
    }
  }
  for (let byte = 0; byte < 256; byte++) {
    const nodes = twoByte.map((row) => row[byte]);
    // The same in all rows: a mandatory prefix selects nothing.
    const rows = nodes.every((node) => isSame(node, nodes[0])) ? [0] : [0, 1, 2, 3];
    for (const prefix of rows) yield* placesAt(`${rows.length === 1 ? "" : MANDATORY[prefix]}0F `, byte, nodes[prefix]);
  }
}

const keyOf = ({ row, byte, extension = "" }: Omit<Place, "entry">) =>
  `${row}${hex(byte)}${extension.startsWith("/") ? " " : ""}${extension}`;

/** The first of a run of eight registers, in the low bits of the opcode or of the x87's second byte. */
function labelOf(run: readonly Place[]): string {
  const key = keyOf(run[0]);
  if (run.length === 1) return key;
  return run.length === 8
    ? `${key}${isX87(run[0].byte) ? "+i" : "+r"}`
    : `${key}-${keyOf(run[run.length - 1])
        .split(" ")
        .at(-1)}`;
}

/** Neighbours with the same entry. */
function* runs(): Generator<readonly Place[]> {
  let run: Place[] = [];
  for (const place of places()) {
    const [first] = run;
    const goesOn = first !== undefined && place.entry === first.entry && place.row === first.row && placedAlike(first, place);
    if (goesOn && run.length < 8) run.push(place);
    else {
      if (run.length > 0) yield run;
      run = [place];
    }
  }
  yield run;
}

/** Whether only the register in their low bits tells them apart. */
function placedAlike(a: Place, b: Place): boolean {
  if (a.extension === undefined) return b.extension === undefined && a.entry?.operands.includes("Z") === true;
  return a.byte === b.byte && a.extension.startsWith(" ") && a.entry?.operands.includes("F") === true;
}

const byKey = new Map<string, Opcode>();
const found: Opcode[] = [];
const missing: string[] = [];
for (const run of runs()) {
  const [{ entry }] = run;
  if (entry === undefined) {
    for (const place of run) missing.push(keyOf(place));
    continue;
  }
  const opcode = { label: labelOf(run), entry };
  found.push(opcode);
  for (const place of run) byKey.set(keyOf(place), opcode);
  if (entry.repeated === undefined) continue;
  const { f2, f3 } = entry.repeated;
  const repeated =
    f2 === f3
      ? [{ label: `F2/F3 ${opcode.label}`, entry: f3 }]
      : [f3, f2].map((e, i) => ({ label: `${["F3", "F2"][i]} ${opcode.label}`, entry: e }));
  found.push(...repeated);
  byKey.set(`F3 ${opcode.label}`, repeated[0]);
  byKey.set(`F2 ${opcode.label}`, repeated[repeated.length - 1]);
}

/** In the order of the tables. */
export const opcodes: readonly Opcode[] = found;
/** What no entry answers: #UD. */
export const invalidOpcodes: readonly string[] = missing;

const decoder = new Decoder();

/** Which opcode of the tables the decoder takes these bytes for; undefined if for none. */
export function opcodeOf(bytes: ArrayLike<number>, code32 = true): Opcode | undefined {
  const code = Uint8Array.from(bytes);
  if (decoder.decode(code, 0, code.length, code32) < 0) return undefined;
  const { opcode, rep, modrm, entry } = decoder;
  const byte = opcode & 0xff;
  const at = code.findIndex((b) => !PREFIXES.has(b) || b === 0x0f);
  const has66 = code.subarray(0, at).includes(0x66);
  const mandatory = rep === 0xf3 ? Mandatory.xf3 : rep === 0xf2 ? Mandatory.xf2 : has66 ? Mandatory.x66 : Mandatory.none;
  const rows = opcode > 0xff ? [`${MANDATORY[mandatory]}0F `, "0F "] : [rep === 0 ? "" : `${hex(rep)} `, ""];
  const extensions = ["", `/${(modrm >> 3) & 7}`, ` ${hex(modrm)}`];
  for (const row of rows) {
    for (const extension of extensions) {
      const candidate = byKey.get(keyOf({ row, byte, extension }));
      if (candidate?.entry === entry) return candidate;
    }
  }
  return undefined;
}
