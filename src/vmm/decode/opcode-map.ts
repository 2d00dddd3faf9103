import { type Entry, parseEntry } from "./entry.js";
import { ONE_BYTE, ONE_BYTE_GROUPS } from "./one-byte-table.js";
import { SSE, SSE_GROUPS } from "./sse-table.js";
import { TWO_BYTE, TWO_BYTE_GROUPS } from "./two-byte-table.js";
import { X87_MEMORY, X87_REGISTER } from "./x87-table.js";

/** What an opcode leads to: an instruction, a choice by ModRM.reg, or nothing (#UD). */
export type Node = Entry | readonly Node[] | undefined;

/** Which mandatory prefix is in force, as an index into the rows of the prefix-selected table. */
export const Mandatory = { none: 0, x66: 1, xf3: 2, xf2: 3 } as const;

const parsed = new Map<string, Entry>();
/** Every entry of the tables, each distinct line once: what the engines instantiate. */
export const entries: Entry[] = [];

function entry(line: string): Entry {
  const known = parsed.get(line);
  if (known) return known;
  const made = parseEntry(line);
  parsed.set(line, made);
  entries.push(made);
  if (made.repeated) entries.push(...new Set([made.repeated.f3, made.repeated.f2]));
  return made;
}

function node(line: string | undefined, groups: Readonly<Record<string, readonly string[]>>): Node {
  if (!line) return undefined;
  if (!line.startsWith("@")) return entry(line);
  const group = groups[line.slice(1)];
  if (!group) throw new Error(`opcode table: no group ${line}`);
  return group.map((member) => node(member, groups));
}

/** By opcode byte. D8-DF and 0F have tables of their own. */
export const oneByte: readonly Node[] = ONE_BYTE.map((line) => node(line, ONE_BYTE_GROUPS));

/** By mandatory prefix and opcode byte after 0F. */
export const twoByte: readonly (readonly Node[])[] = [0, 1, 2, 3].map((prefix) =>
  Array.from({ length: 256 }, (_, opcode) => {
    const selected = SSE[opcode];
    return selected ? node(selected[prefix], SSE_GROUPS) : node(TWO_BYTE[opcode], TWO_BYTE_GROUPS);
  }),
);

/** [opcode - D8][ModRM.reg] and [opcode - D8][ModRM & 63]. */
export const x87Memory: readonly (readonly Node[])[] = X87_MEMORY.map((row) => row.map((line) => node(line, {})));
export const x87Register: readonly (readonly Node[])[] = X87_REGISTER.map((row) => row.map((line) => node(line, {})));

/** What an invalid encoding is executed as. */
export const invalid: Entry = entry("ud - -");
/** What an instruction of more than 15 bytes is executed as. */
export const tooLong: Entry = entry("tooLong - -");
