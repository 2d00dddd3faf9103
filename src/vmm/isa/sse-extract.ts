import { Simd } from "../wasm/opcodes.js";
import { define } from "./definition.js";
import type { Value } from "./emitter.js";
import type { Operand, Stage } from "./stage.js";
import { enterMmx, readPacked, start, startMmx, startSse, writeMmx } from "./vector-operands.js";

/** Address of the word of a register that an immediate names. */
function word(x: Stage, size: number, register: Operand, immediate: Operand): Value {
  const index = x.and(x.read(immediate, 1), size / 2 - 1);
  return x.add(x.registerAddress(register), x.shl(index, 1));
}
define("pinsrw", (x, size, dst, src, immediate) => {
  start(x, size);
  x.storeHost(word(x, size, dst, immediate), 2, x.read(src, 2));
  if (size === 8) writeMmx(x, dst, x.readWide(dst));
});
define("pextrw", (x, size, dst, src, immediate) => {
  start(x, size);
  x.write(dst, 4, x.loadHost(word(x, size, src, immediate), 2));
  if (size === 8) enterMmx(x);
});

// Sign bits of the elements

function defineSigns(name: string, op: Simd): void {
  define(name, (x, size, dst, src) => {
    start(x, size);
    const v = readPacked(x, size, src);
    x.f.get(v.local).simd(op);
    x.write(dst, 4, x.take());
    if (size === 8) enterMmx(x);
  });
}
defineSigns("pmovmskb", Simd.i8x16_bitmask);
defineSigns("movmskps", Simd.i32x4_bitmask);
defineSigns("movmskpd", Simd.i64x2_bitmask);

// Stores of chosen bytes: sse/masked-store.ts

define("maskmovq", (x) => {
  startMmx(x);
  x.callout("maskmovq");
});
define("maskmovdqu", (x) => {
  startSse(x);
  x.callout("maskmovdqu");
});
