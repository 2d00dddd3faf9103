import { newBytes } from "../arena.js";
import type { Form } from "../forms/form.js";
import { x87Forms } from "../forms/x87.js";
import type { Random } from "../random.js";
import type { CaseBuilder, Wish } from "./builder.js";
import type { Variant } from "./families.js";
import { type Flavour, fillVector, putDouble, putExtended, randomFcw, randomFx, randomMxcsr, singleBits } from "./fx.js";
import { interestingWord } from "./values.js";

/** What a form's mnemonic says of its operands. */
interface Nature {
  readonly flavour: Flavour;
  /** Its immediate counts bits. */
  readonly isShift: boolean;
  /** Operands in memory are floating point values of the x87, or integers for it. */
  readonly takesReal: boolean;
  readonly takesInteger: boolean;
}

/** Found once per form: there are millions of cases. */
const natures = new Map<Form, Nature>();

function natureOf(form: Form): Nature {
  let nature = natures.get(form);
  if (nature === undefined) {
    const name = form.mnemonic;
    nature = {
      flavour: x87.has(form) ? "double" : flavourOf(name),
      isShift: /^ps[rl][lad]/.test(name),
      takesReal: /^(fld|fst|fadd|fmul|fcom|fsub|fdiv)/.test(name),
      takesInteger: /^fi/.test(name),
    };
    natures.set(form, nature);
  }
  return nature;
}

const x87: ReadonlySet<Form> = new Set(Object.values(x87Forms).flat());

/** Appends an x87, MMX or SSE instruction; the first of a case brings a random floating point state. */
export function addFloating(builder: CaseBuilder, random: Random, family: string, variant: Variant, wish: Wish): boolean {
  const { form, size, memory } = variant;
  const isX87 = family in x87Forms;
  const { flavour } = natureOf(form);
  if (builder.instructions.length === 0) builder.fx = randomFx(random, random.oneIn(8) ? "integer" : flavour, isX87);
  if (form.mnemonic.startsWith("maskmov") && builder.isFree(7) && !random.oneIn(8))
    builder.setRegister(7, 0x2468c000 - 16 + random.below(17));
  return builder.add(form, {
    ...wish,
    size,
    memory,
    content: memory ? content(random, form) : undefined,
    immediate: immediate(random, form),
  });
}

function flavourOf(name: string): Flavour {
  if (/^(cvt|cvtt)(pd|sd)2|(pd|sd)$/.test(name)) return "double";
  if (/^(cvt|cvtt)(ps|ss)2|(ps|ss)$/.test(name)) return "single";
  return "integer";
}

/** Immediates that the instruction defines; comparison predicates above 7 belong to AVX. */
function immediate(random: Random, form: Form): number | undefined {
  if (form.traits.has("predicate")) return random.below(8);
  if (natureOf(form).isShift) return random.oneIn(2) ? random.below(20) : random.below(80);
  return undefined;
}

function content(random: Random, form: Form): ArrayLike<number> {
  const width = form.rm?.width;
  const bytes = newBytes(16);
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  switch (form.mnemonic) {
    case "ldmxcsr":
      view.setUint32(0, random.oneIn(8) ? random.word() & 0x1ffff : randomMxcsr(random), true);
      return bytes.subarray(0, 4);
    case "fldcw":
      view.setUint16(0, random.oneIn(4) ? random.word() & 0xffff : randomFcw(random), true);
      return bytes.subarray(0, 2);
    case "fbld":
      return bcd(random);
  }
  const { flavour, takesReal, takesInteger } = natureOf(form);
  if (takesReal) {
    if (width === "t") {
      putExtended(random, view, 0);
      return bytes.subarray(0, 10);
    }
    if (width === "q") {
      putDouble(random, view, 0);
      return bytes.subarray(0, 8);
    }
    view.setUint32(0, singleBits(random), true);
    return bytes.subarray(0, 4);
  }
  if (takesInteger) {
    view.setInt32(0, interestingWord(random), true);
    view.setInt32(4, random.oneIn(2) ? view.getInt32(0, true) >> 31 : interestingWord(random), true);
    return bytes.subarray(0, 8);
  }
  fillVector(random, flavour, view, 0, 16);
  return bytes;
}

/** Packed BCD; digits above 9 now and then. */
function bcd(random: Random): Uint8Array {
  const bytes = new Uint8Array(10);
  const digits = random.below(19);
  for (let i = 0; i < digits; i++) bytes[i >> 1] |= (random.oneIn(40) ? random.below(16) : random.below(10)) << (4 * (i & 1));
  bytes[9] = random.oneIn(8) ? random.below(256) : random.pick([0, 0x80]);
  return bytes;
}
