import type { Explanation } from "./explanation.js";

const TRUNCATED = "what the store and the flags take from it is of the operand's size: higher bits are cut off there";
const UNUSED_OPERANDS =
  "INC and DEC: the interpreter sees overflow and auxiliary carry in the result alone; the operands are for other stages";
const SLOWER = "the fast path is left more often, for the exact operations, which give the same";

const BEHIND =
  "predecoding goes on behind an instruction that leaves: what it decodes there is reached by a look-up only, which asks for the mode";
const MODULO = "the MMU takes addresses modulo 2^32 itself";

/** Mutants that behave as the original does, as far as a guest can tell. */
export const equivalent: readonly Explanation[] = [
  {
    file: "src/vmm/isa/string-bulk.ts",
    source: "const room = e.shrU(e.sub(0x1000, e.and(linear, 0xfff)), shiftOf(size));",
    changes: ["0x1000 -> 0xfff"],
    reason: "the last element of the page is left to the ordinary iteration, which does the same",
  },
  {
    file: "src/vmm/isa/string-bulk.ts",
    source: "const repeats = e.ltU(e.sub(e.sub(to, from), 1), e.sub(bytes, 1));",
    changes: ["ltU -> ltS"],
    reason: "a destination before the source is then copied element by element, which gives the same",
  },
  { file: "src/vmm/isa/arithmetic.ts", source: "const r = x.trunc(x.add(d.v, b), size);", changes: ["trunc -> sext"], reason: TRUNCATED },
  {
    file: "src/vmm/isa/arithmetic.ts",
    source: "const r = x.trunc(x.add(x.add(d.v, b), x.carry()), size);",
    changes: ["trunc -> sext"],
    reason: TRUNCATED,
  },
  {
    file: "src/vmm/isa/arithmetic.ts",
    source: 'x.flagsKeepCarry("sub", size, { a: d.v, b: 1, r });',
    changes: ["1 -> 2", "1 -> 0"],
    reason: UNUSED_OPERANDS,
  },
  {
    file: "src/vmm/isa/arithmetic.ts",
    source: 'x.flagsKeepCarry("add", size, { a: d.v, b: 1, r });',
    changes: ["1 -> 2", "1 -> 0"],
    reason: UNUSED_OPERANDS,
  },
  {
    file: "src/vmm/isa/sse-approximate.ts",
    source: "const ONE = 0x3f80_0000n;",
    reason: "RCP and RSQRT are approximations: a result one unit in the last place off is within their 1.5 * 2^-12 (SDM vol. 2)",
  },
  {
    file: "src/vmm/x87/integer.ts",
    source: "e.when(e.or(isNanOrUnsupported(e, a), e.gtS(exp, BIAS + 63)), giveInvalid);",
    changes: ["gtS -> gtU"],
    reason: "the exponent field has no sign",
  },
  {
    file: "src/vmm/x87/real.ts",
    source: "if (a.sig !== b.sig) return quiet(a.sig > b.sig ? a : b);",
    changes: ["> -> >="],
    reason: "they are not equal there",
  },
  {
    file: "src/vmm/x87/add.ts",
    source: "const small = shiftRightFrom(e, e.selectWide(swap, x.sig, y.sig), e.wideU(e.sub(exp, e.select(swap, x.exp, y.exp))));",
    changes: ["wideU -> wideS"],
    reason: "the larger exponent less the smaller: not negative",
  },
  {
    file: "src/vmm/mmu/mmu.ts",
    source: "if (cached >= 0) return cached;",
    changes: ["0 -> 1"],
    reason: "physical page 0 is then looked up each time, with the same result",
  },
  {
    file: "src/vmm/isa/shift.ts",
    source: "const n = size === 4 ? masked : x.remU(masked, bits + 1);",
    changes: ["remU -> remS"],
    reason: "a count of 0 to 31 is not negative",
  },
  { file: "src/vmm/x87/rounding.ts", source: "const mode = e.and(e.state(X87_CONTROL), PE | PC | RC);", reason: SLOWER },
  {
    file: "src/vmm/x87/rounding.ts",
    source: "return e.eq(e.and(e.state(X87_CONTROL), PE | PC | RC), PE | PC_EXTENDED | RC_NEAREST);",
    changes: ["| -> &"],
    reason: SLOWER,
  },
  {
    file: "src/vmm/sse/operation.ts",
    source: "return operation(name + f.name, f.width, f.width, (e, core, a, b, parameter) => {",
    changes: ["+ -> -"],
    reason: "the name of a function in the module: nobody asks for it",
  },
  {
    file: "src/vmm/cpu/tss.ts",
    source: "const read = (offset: number, size: number) => mmu.read((base + offset) >>> 0, size, false);",
    changes: [">>> -> >>"],
    reason: MODULO,
  },
  {
    file: "src/vmm/isa/system.ts",
    source: "const ends = { ends: true };",
    reason:
      "predecoding goes on behind an instruction that leaves: what it decodes there is reached by a look-up only, which asks for the mode",
  },
  {
    file: "src/vmm/x87/remainder.ts",
    source: "const difference = isInfinity(b) ? -1 : exponentOf(a) - exponentOf(b);",
    changes: ["1 -> 2", "1 -> 0"],
    reason: "any number below COMPLETE says the same: one step is enough",
  },
  {
    file: "src/vmm/decode/one-byte-table.ts",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source line has one
    source: "`test E,I ${size}`,",
    changes: ["E,I -> I,E"],
    reason: "TEST gives the same for its operands the other way round, and only one of them can fault",
  },
  {
    file: "src/vmm/x87/narrow.ts",
    source: "e.when(e.gtS(exp, format.max - 1), () => {",
    changes: ["gtS -> gtU"],
    reason: "exponents below 1 have been dealt with",
  },
  { file: "src/vmm/x87/narrow.ts", source: "give(0n, 0);", changes: ["0n -> 1n"], reason: "the bits of what is not to be stored" },
  {
    file: "src/vmm/cpu/state.ts",
    source: "if (size === 2) return this.u16[(at.GPR + 8 * n) >> 1];",
    changes: [">> -> >>>"],
    reason: "addresses of registers are small",
  },
  {
    file: "src/vmm/isa/definition.ts",
    source: "definitions.set(name, { name, body, implicit: options.implicit ?? false, ends: options.ends ?? false });",
    changes: ["false -> true"],
    reason: "a handler more for general segments that does the same, or records decoded one at a time: slower, no different",
  },
  {
    file: "src/vmm/cpu/delivery.ts",
    source: "cpu.stepping = false;",
    reason: "beforeInstruction sets it for each instruction, and nothing reads it between two",
  },
  {
    file: "src/vmm/isa/invalid.ts",
    source: 'define("ud", (x) => x.raise(Vector.UD), { ends: true });',
    changes: ["true -> false"],
    reason: BEHIND,
  },
  {
    file: "src/vmm/isa/invalid.ts",
    source: 'define("tooLong", (x) => x.raise(Vector.GP, 0), { ends: true });',
    changes: ["true -> false"],
    reason: BEHIND,
  },
  {
    file: "src/vmm/cpu/tasks.ts",
    source: "if (!mmu.probe((oldTss + oldLayout.eip) >>> 0, saved, true, false)) return Outcome.Fault;",
    changes: [">>> -> >>"],
    reason: MODULO,
  },
  {
    file: "src/vmm/cpu/interrupts.ts",
    source: 'return bits < 0 ? "fault" : ((bits >>> (vector & 7)) & 1) !== 0;',
    changes: [">>> -> >>"],
    reason: "a byte of the redirection map is not negative",
  },
  {
    file: "src/vmm/decode/two-byte-table.ts",
    source: '"8": ["", "", "", "", "bt E,Iu v", "bts E,Iu v L", "btr E,Iu v L", "btc E,Iu v L"],',
    changes: ["E,Iu -> E,Ib"],
    reason: "the bit's number is taken modulo 16 or 32, so that its sign is cut off",
  },
  {
    file: "src/vmm/decode/sse-table.ts",
    source: '[0x17, both("movhpsStore M,V q")],',
    changes: ["q -> x"],
    reason: "the definition stores half a register, whatever the size",
  },
  {
    file: "src/vmm/decode/sse-table.ts",
    source: '"12x": shifts(words, "U,Iu x"),',
    changes: ["U,Iu -> U,Ib"],
    reason: "the count is read as one byte",
  },
  {
    file: "src/vmm/x87/transcendental.ts",
    source: "const exact = TINY / 2 + 64 + REDUCTION_PLACES;",
    changes: ["2 -> 1"],
    reason: "more places than are needed: slower, no different",
  },
  {
    file: "src/vmm/cpu/fxsave.ts",
    source: "state.set(at.X87_OPCODE, (tags >>> 16) & 0x7ff);",
    changes: [">>> -> >>"],
    reason: "the mask cuts the copies of the sign off",
  },
  {
    file: "src/vmm/sse/rounding.ts",
    source: "giveWide(e, 0n);",
    changes: ["0n -> 1n"],
    reason: "an unmasked exception: there is no result to store",
  },
  {
    file: "src/vmm/decode/sse-table.ts",
    source: '[0x10, ["movups V,W x", "movups V,W x", "movss V,W d", "movsd V,W q"]],',
    changes: ["q -> x"],
    reason: "the definition moves half a register, whatever the size",
  },
  {
    file: "src/vmm/cpu/descriptors.ts",
    source: "export const base = (d: Descriptor): number => ((d.low >>> 16) | ((d.high & 0xff) << 16) | (d.high & 0xff00_0000)) >>> 0;",
    changes: [">>> -> >>"],
    reason: "of the whole: a base is kept in 32 bits and added modulo 2^32 (that of the low word is killed: segment-load.test.ts)",
  },
  {
    file: "src/vmm/cpu/tasks.ts",
    source: "if (!nests && !(oldDescriptor && mmu.probe((oldDescriptor.address + 4) >>> 0, 4, true, false))) return Outcome.Fault;",
    changes: [">>> -> >>"],
    reason: MODULO,
  },
];
