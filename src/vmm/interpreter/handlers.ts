import { sizeIndex } from "../decode/entry.js";
import { entries } from "../decode/opcode-map.js";
import { type Definition, definition } from "../isa/definition.js";
import { HOT } from "./hot-set.js";
import "../isa/all.js";

/**
 * A handler runs one form (a definition with roles and a size) for one kind of operands. The kinds:
 *  bit 0  rm is memory
 *  bit 1  general: a segment with a base or limits, or 16-bit addressing; otherwise addresses are linear as they are
 */
export const KINDS = 4;
export const MEMORY = 1;
export const GENERAL = 2;

export interface Form {
  readonly name: string;
  readonly definition: Definition;
  readonly roles: readonly ("rm" | "r" | "i")[];
  readonly size: number;
  readonly key: string;
}

/** Handlers that are not instructions, first in the numbering. */
export const Special = {
  /** Goes on at the record in `target`, in the same page. */
  goto: 0,
  /** Execution runs off the end of the page. */
  nextPage: 1,
  /** The page has been written to: decode again. */
  redecode: 2,
  /** Guards an instruction that goes on in the next page. */
  crossing: 3,
  /** Behind a stepped instruction. */
  stop: 4,
} as const;
export const SPECIALS = 5;

export interface Handler {
  readonly form: Form;
  readonly kind: number;
  readonly key: string;
}

/** All instruction handlers; handler number = SPECIALS + index. Hot ones come first. */
export const handlers: Handler[] = [];
/** How many of them are dispatched inside the hot function. */
export let hotCount = 0;

const KIND_NAMES = ["reg", "mem", "reg-general", "mem-general"];
const forms: Form[] = [];
/** By handler number: control never falls through to the next instruction. */
export let endsRun = new Uint8Array(0);
/** Handler number by form and kind. */
let numbers = new Int32Array(0);

function enumerate(): void {
  const byKey = new Map<string, number>();
  const kindsOf: Set<number>[] = [];
  for (const entry of entries) {
    for (const size of entry.sizes) {
      const key = `${entry.name}/${entry.roles.join()}/${size}`;
      let index = byKey.get(key);
      if (index === undefined) {
        index = forms.push({ name: entry.name, definition: definition(entry.name), roles: entry.roles, size, key }) - 1;
        byKey.set(key, index);
        kindsOf.push(new Set());
      }
      entry.forms[sizeIndex(size)] = index;
      if (entry.allowsRegister) kindsOf[index].add(0);
      if (entry.allowsMemory) kindsOf[index].add(MEMORY).add(MEMORY | GENERAL);
      if (entry.allowsRegister && forms[index].definition.implicit) kindsOf[index].add(GENERAL);
    }
  }
  const all: Handler[] = [];
  for (const [index, form] of forms.entries()) {
    for (const kind of [...kindsOf[index]].sort()) all.push({ form, kind, key: `${form.key}/${KIND_NAMES[kind]}` });
  }
  const rank = new Map(HOT.map((key, i) => [key, i]));
  const rankOf = (handler: Handler) => rank.get(handler.key) ?? Number.POSITIVE_INFINITY;
  hotCount = all.filter((handler) => rank.has(handler.key)).length;
  handlers.push(...all.sort((a, b) => (rankOf(a) === rankOf(b) ? 0 : rankOf(a) - rankOf(b))));
  numbers = new Int32Array(forms.length * KINDS).fill(-1);
  endsRun = Uint8Array.from({ length: SPECIALS + handlers.length }, (_, i) => (handlers[i - SPECIALS]?.form.definition.ends ? 1 : 0));
  const formIndex = new Map(forms.map((form, i) => [form, i]));
  for (const [i, handler] of handlers.entries()) {
    const at = (formIndex.get(handler.form) ?? 0) * KINDS;
    numbers[at + handler.kind] = SPECIALS + i;
    // A register form that touches no memory is the same for general segments.
    if (handler.kind === 0 && !handler.form.definition.implicit) numbers[at + GENERAL] = SPECIALS + i;
  }
}
enumerate();

/** Handler numbers from here on are translated regions: the table's elements of the same number run them. */
export const FIRST_REGION = SPECIALS + handlers.length;
export const LAST_REGION = 0xffff;

export function handlerNumber(form: number, kind: number): number {
  return numbers[form * KINDS + kind];
}
