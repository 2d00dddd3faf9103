import { EAX } from "../cpu/general-registers.js";
import { CPL, EFLAGS } from "../cpu/layout.js";
import { define } from "./definition.js";
import type { Value } from "./emitter.js";
import { AC, AF, CF, DF, IF, IOPL, PF, RF, SF, TF, VIF, VIP, VM, ZF } from "./flags.js";
import type { Stage } from "./stage.js";

define("clc", (x) => x.setCarry(0));
define("stc", (x) => x.setCarry(1));
define("cmc", (x) => x.setCarry(x.xor(x.carry(), 1)));
define("cld", (x) => x.setState(EFLAGS, x.and(x.state(EFLAGS), ~DF)));
define("std", (x) => x.setState(EFLAGS, x.or(x.state(EFLAGS), DF)));

const SAHF = CF | PF | AF | ZF | SF;
define("lahf", (x) => {
  const flags = x.or(x.and(x.arithmeticFlags(), SAHF), 2);
  x.setReg(EAX, 2, x.or(x.and(x.reg(EAX, 2), 0xff), x.shl(flags, 8)));
});
define("sahf", (x) => {
  const ah = x.shrU(x.reg(EAX, 2), 8);
  x.setArithmeticFlags(x.or(x.and(ah, SAHF), x.and(x.arithmeticFlags(), ~SAHF)));
});

/** 1 if CPL <= IOPL outside virtual-8086 mode: then IF may be changed at will. Everything else is the callout's (VME, PVI, #GP). */
function mayChangeIf(x: Stage, eflags: Value): Value {
  const iopl = x.and(x.shrU(eflags, 12), 3);
  return x.and(x.eqz(x.gtU(x.state(CPL), iopl)), x.eqz(x.and(eflags, VM)));
}

define("cli", (x) => {
  x.sensitive();
  const eflags = x.state(EFLAGS);
  x.when(
    mayChangeIf(x, eflags),
    () => x.setState(EFLAGS, x.and(eflags, ~IF)),
    () => x.callout("cli"),
  );
});

define("sti", (x) => {
  x.sensitive();
  const eflags = x.state(EFLAGS);
  x.when(
    mayChangeIf(x, eflags),
    () => {
      x.setState(EFLAGS, x.or(eflags, IF));
      // The shadow begins only where interrupts were off.
      x.when(x.eqz(x.and(eflags, IF)), () => x.endBlock(true));
    },
    () => x.callout("sti"),
  );
});

define(
  "pushf",
  (x, size) => {
    x.sensitive();
    const eflags = x.state(EFLAGS);
    x.when(x.and(eflags, VM), () => x.callout("pushf"));
    const image = x.or(x.and(eflags, ~(VM | RF)), x.arithmeticFlags());
    x.pushStack(size, image);
  },
  { implicit: true },
);

/** POPF in protected or real mode: IOPL changes at CPL 0 only, IF where CPL <= IOPL; VM, VIF, VIP and RF never (SDM vol. 2, POPF). */
define(
  "popf",
  (x, size) => {
    x.sensitive();
    const eflags = x.state(EFLAGS);
    x.when(x.and(eflags, VM), () => x.callout("popf"));
    const image = x.peekStack(size);
    const cpl = x.state(CPL);
    const fixed = size === 2 ? 0xffff0000 | 0 : VM | RF | VIF | VIP;
    let kept: Value = x.or(fixed, x.select(cpl, IOPL, 0));
    kept = x.or(kept, x.select(mayChangeIf(x, eflags), 0, IF));
    const loadable = 0x257fd5; // Every defined bit but VIF and VIP.
    const old = x.and(eflags, kept);
    const loaded = x.and(x.and(image, x.not(kept)), loadable & ~(CF | PF | AF | ZF | SF | 0x800));
    x.dropStack(size);
    x.setArithmeticFlags(image);
    const now = x.or(x.or(old, loaded), 2);
    x.setState(EFLAGS, now);
    // TF traps after the instruction that follows; IF newly set lets a waiting interrupt in at once; AC turns alignment checks on or off.
    const changed = x.xor(now, eflags);
    x.when(x.or(x.and(now, TF), x.and(changed, x.or(x.and(now, IF), AC))), () => x.endBlock());
  },
  { implicit: true },
);
