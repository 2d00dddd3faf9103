import { X87_CONTROL } from "../cpu/layout.js";
import { ValueType } from "../wasm/opcodes.js";
import { stackOverflow, stackUnderflow } from "../x87/exceptions.js";
import { toInteger } from "../x87/integer.js";
import { toDouble, toSingle } from "../x87/narrow.js";
import { type Extended, putExtended, takeExtended } from "../x87/unpacked.js";
import { load } from "../x87/widen.js";
import { INDEFINITE_EXPONENT, INDEFINITE_SIGNIFICAND, RC, RC_NEAREST, RC_UP } from "../x87/words.js";
import type { Value } from "./emitter.js";
import type { Stage } from "./stage.js";
import type { RegisterStack } from "./x87-file.js";
import { readInteger, readReal } from "./x87-memory.js";
import {
  assignExtended,
  callInto,
  clearC1,
  hasResult,
  memoryInstruction,
  newResult,
  pushing,
  registerInstruction,
  replacing,
  withOperands,
} from "./x87-stack.js";

// Loads

for (const [name, read] of [
  ["fld_m", readReal],
  ["fild", readInteger],
] as const) {
  memoryInstruction(name, read, (x, stack, operand) =>
    pushing(x, stack, (into) => {
      const source = operand();
      x.when(
        source.usual,
        () => {
          clearC1(x);
          assignExtended(x, into, source.widen());
        },
        () => callInto(x, into, load, source.any()),
      );
    }),
  );
}

/** m80 is pushed as it is. */
memoryInstruction(
  "fld_m80",
  (x): Extended => {
    const host = x.translateOperand(10, "read");
    return { sig: x.loadHostWide(host), se: x.loadHost(host, 2, 8) };
  },
  (x, stack, a) =>
    pushing(x, stack, (into) => {
      clearC1(x);
      assignExtended(x, into, a);
    }),
);

/** An empty source is found before a full stack. */
registerInstruction("fld", (x, stack, i) => {
  const into = newResult(x);
  x.when(
    x.and(stack.valid(i), x.eqz(stack.valid(-1))),
    () => {
      clearC1(x);
      assignExtended(x, into, stack.load(i));
    },
    () =>
      x.when(
        stack.valid(i),
        () => callInto(x, into, stackOverflow),
        () => callInto(x, into, stackUnderflow),
      ),
  );
  x.when(hasResult(x, into.se), () => stack.push(into));
});

/** Constants are rounded by rounding control from more digits: the significand rounded down, and where the rest of it lies. */
const constants: readonly [name: string, sig: bigint, se: number, rest: "none" | "below half" | "above half"][] = [
  ["fld1", 0x8000_0000_0000_0000n, 0x3fff, "none"],
  ["fldl2t", 0xd49a_784b_cd1b_8afen, 0x4000, "below half"],
  ["fldl2e", 0xb8aa_3b29_5c17_f0bbn, 0x3fff, "above half"],
  ["fldpi", 0xc90f_daa2_2168_c234n, 0x4000, "above half"],
  ["fldlg2", 0x9a20_9a84_fbcf_f798n, 0x3ffd, "above half"],
  ["fldln2", 0xb172_17f7_d1cf_79abn, 0x3ffe, "above half"],
  ["fldz", 0n, 0, "none"],
];
for (const [name, sig, se, rest] of constants) {
  registerInstruction(name, (x, stack) =>
    pushing(x, stack, (into) => {
      clearC1(x);
      assignExtended(x, into, { sig, se });
      if (rest === "none") return;
      const rc = x.and(x.state(X87_CONTROL), RC);
      const up = x.eq(rc, RC_UP);
      const increment = rest === "above half" ? x.or(up, x.eq(rc, RC_NEAREST)) : up;
      x.assignWide(into.sig, x.addWide(into.sig, x.wideU(increment)));
    }),
  );
}

// Stores

/** Stores in memory what `convert` leaves on the wasm stack: 64 bits and whether to store them; `indefinite` for an empty ST(0). */
function toMemory(name: string, pop: boolean, indefinite: (size: number) => bigint, convert: (x: Stage, size: number) => void): void {
  memoryInstruction(
    name,
    (x, size) => x.translateOperand(size, "write"),
    (x, stack, host, size) => {
      const bits = x.temp(ValueType.i64);
      const stored = x.temp();
      x.when(
        stack.valid(0),
        () => {
          putExtended(x, stack.load(0));
          convert(x, size);
          x.f.set(stored.local).set(bits.local);
        },
        () => {
          x.callHelper(stackUnderflow);
          x.assign(stored, hasResult(x, takeExtended(x).se));
          x.assignWide(bits, indefinite(size));
        },
      );
      x.when(x.x87.quiet ? 1 : stored, () => {
        if (size === 8) x.storeWide(host, bits);
        else x.store(host, size, x.low(bits));
        if (pop) stack.pop();
      });
    },
  );
}

for (const [p, pop] of [
  ["", false],
  ["p", true],
] as const) {
  toMemory(
    `fst${p}_m`,
    pop,
    (size) => (size === 4 ? 0xffc0_0000n : 0xfff8_0000_0000_0000n),
    (x, size) => x.callHelper(size === 4 ? toSingle : toDouble),
  );
  toMemory(
    `fist${p}`,
    pop,
    (size) => 1n << BigInt(size * 8 - 1),
    (x, size) => {
      x.put(size);
      x.callHelper(toInteger);
    },
  );
}

/** ST(0) as it is. */
function copyTop(x: Stage, stack: RegisterStack, settle: (a: Extended) => void): void {
  withOperands(
    x,
    stack.valid(0),
    (into) => {
      clearC1(x);
      assignExtended(x, into, stack.load(0));
    },
    settle,
  );
}

memoryInstruction(
  "fstp_m80",
  (x) => x.translateOperand(10, "write"),
  (x, stack, host) =>
    copyTop(x, stack, ({ sig, se }) => {
      // The last store carries out what does not go to RAM directly, for all ten bytes.
      x.storeHost(host, 2, se, 8);
      x.storeWide(host, sig);
      stack.pop();
    }),
);

registerInstruction("fst", (x, stack, i) => copyTop(x, stack, (a) => stack.store(i, a)));
registerInstruction("fstp", (x, stack, i) =>
  copyTop(x, stack, (a) => {
    stack.store(i, a);
    stack.pop();
  }),
);

/** FSTP at D9 D8 does not look at tags: an empty ST(0) is just popped. */
registerInstruction("fstp_unchecked", (x, stack, i) => {
  clearC1(x);
  x.when(stack.valid(0), () => stack.store(i, stack.load(0)));
  stack.pop();
});

// Between registers

/** An empty register gives the indefinite number, if that is masked. */
registerInstruction("fxch", (x, stack, i) => {
  x.when(
    x.and(stack.valid(0), stack.valid(i)),
    () => {
      clearC1(x);
      const a = stack.load(0);
      const b = stack.load(i);
      stack.put(0, b);
      stack.put(i, a);
    },
    () => {
      x.callHelper(stackUnderflow);
      x.when(hasResult(x, takeExtended(x).se), () => {
        const a = orIndefinite(x, stack, 0);
        const b = orIndefinite(x, stack, i);
        stack.store(0, b);
        stack.store(i, a);
      });
    },
  );
});

function orIndefinite(x: Stage, stack: RegisterStack, i: Value): Extended {
  const { sig, se } = stack.load(i);
  const valid = stack.valid(i);
  return { sig: x.selectWide(valid, sig, INDEFINITE_SIGNIFICAND), se: x.select(valid, se, INDEFINITE_EXPONENT) };
}

/** FCMOVcc by condition code of Jcc: B, E, BE, U (parity) and their opposites. C1 stays. */
for (const [suffix, cc] of [
  ["b", 2],
  ["e", 4],
  ["be", 6],
  ["u", 10],
  ["nb", 3],
  ["ne", 5],
  ["nbe", 7],
  ["nu", 11],
] as const) {
  registerInstruction(`fcmov${suffix}`, (x, stack, i) => {
    const condition = x.condition(cc);
    replacing(x, stack, { valid: x.and(stack.valid(0), stack.valid(i)) }, (into) => {
      const a = stack.load(0);
      const b = stack.load(i);
      assignExtended(x, into, { sig: x.selectWide(condition, b.sig, a.sig), se: x.select(condition, b.se, a.se) });
    });
  });
}
