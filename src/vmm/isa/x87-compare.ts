import { X87_STATUS } from "../cpu/layout.js";
import { compare, compareEmpty, HELD, UNORDERED } from "../x87/compare.js";
import { type Extended, putExtended } from "../x87/unpacked.js";
import { C0, C1, C2, C3, CONDITIONS, EXPONENT } from "../x87/words.js";
import type { Value } from "./emitter.js";
import { CF, PF, ZF } from "./flags.js";
import type { Stage } from "./stage.js";
import type { RegisterStack } from "./x87-file.js";
import { fromSource, type ReadOperand, readInteger, readReal } from "./x87-memory.js";
import { memoryInstruction, registerInstruction } from "./x87-stack.js";

/** Compares ST(0) with another number: `set` gets C0 C2 C3; then pops, unless an unmasked exception has been raised. */
function comparison(
  x: Stage,
  stack: RegisterStack,
  valid: Value,
  other: () => Extended,
  { ordered, set, pops = 0 }: { ordered: boolean; set: (x: Stage, codes: Value) => void; pops?: number },
): void {
  const codes = x.temp();
  x.when(
    valid,
    () => {
      putExtended(x, stack.load(0));
      putExtended(x, other());
      x.put(ordered ? 1 : 0);
      x.callHelper(compare);
      x.f.set(codes.local);
    },
    () => {
      x.callHelper(compareEmpty);
      x.f.set(codes.local);
    },
  );
  set(x, x.and(codes, UNORDERED));
  if (pops) x.when(x.x87.quiet ? 1 : x.ltU(codes, HELD), () => stack.pop(pops));
}

/** C1 becomes 0. */
function setCodes(x: Stage, codes: Value): void {
  x.setState(X87_STATUS, x.or(x.and(x.state(X87_STATUS), ~CONDITIONS), codes));
}

/** CF PF ZF are C0 C2 C3 at the same places of the high byte; AF SF OF become 0. */
function setFlags(x: Stage, codes: Value): void {
  x.setArithmeticFlags(x.and(x.shrU(codes, 8), CF | PF | ZF));
}

function withRegister(name: string, ordered: boolean, pops: number, set: (x: Stage, codes: Value) => void): void {
  registerInstruction(name, (x, stack, i) =>
    comparison(x, stack, x.and(stack.valid(0), stack.valid(i)), () => stack.load(i), { ordered, set, pops }),
  );
}
withRegister("fcom", true, 0, setCodes);
withRegister("fcomp", true, 1, setCodes);
withRegister("fcompp", true, 2, setCodes);
withRegister("fucom", false, 0, setCodes);
withRegister("fucomp", false, 1, setCodes);
withRegister("fucompp", false, 2, setCodes);
withRegister("fcomi", true, 0, setFlags);
withRegister("fcomip", true, 1, setFlags);
withRegister("fucomi", false, 0, setFlags);
withRegister("fucomip", false, 1, setFlags);

function withMemory(name: string, pops: number, read: ReadOperand): void {
  memoryInstruction(name, read, (x, stack, operand) =>
    comparison(x, stack, stack.valid(0), () => fromSource(x, operand()), { ordered: true, set: setCodes, pops }),
  );
}
withMemory("fcom_m", 0, readReal);
withMemory("fcomp_m", 1, readReal);
withMemory("ficom", 0, readInteger);
withMemory("ficomp", 1, readInteger);

registerInstruction("ftst", (x, stack) =>
  comparison(x, stack, stack.valid(0), () => ({ sig: 0n, se: 0 }), { ordered: true, set: setCodes }),
);

/** Class of ST(0) in C3 C2 C0, its sign in C1; also of an empty register. */
registerInstruction("fxam", (x, stack) => {
  const { sig, se } = stack.load(0);
  const exp = x.and(se, EXPONENT);
  const top = x.high(x.shrUWide(sig, 31n));
  const rest = x.eqzWide(x.shlWide(sig, 1n));
  // With the integer bit: infinity, NaN, normal; without: unsupported. Exponent 0: zero or denormal (also pseudo-denormal).
  const special = x.select(rest, C2 | C0, C0);
  const regular = x.select(x.and(top, 1), x.select(x.eq(exp, EXPONENT), special, C2), 0);
  const tiny = x.select(x.eqzWide(sig), C3, C3 | C2);
  const classified = x.select(exp, regular, tiny);
  const codes = x.select(stack.valid(0), classified, C3 | C0);
  x.setState(X87_STATUS, x.or(x.and(x.state(X87_STATUS), ~CONDITIONS), x.or(codes, x.and(x.shrU(se, 6), C1))));
});
