import type { Emitter, Wide } from "../isa/emitter.js";
import { Op } from "../wasm/opcodes.js";
import type { Format } from "./format.js";
import { giveInvalid, giveWide, isInfinite, isZero, noteDenormals } from "./operands.js";
import { binary, type Operation } from "./operation.js";
import { giveRounded } from "./rounding.js";
import { unpack } from "./unpacked.js";

export function multiplication(f: Format): Operation {
  return binary("Multiply", f, (e, core, a, b) => {
    const sign = e.andWide(e.xorWide(a, b), f.sign);
    const infinite = e.or(isInfinite(e, f, a), isInfinite(e, f, b));
    const zero = e.or(isZero(e, f, a), isZero(e, f, b));
    e.when(e.and(infinite, zero), () => giveInvalid(e, f));
    noteDenormals(e, f, a, b);
    e.when(infinite, () => giveWide(e, e.orWide(sign, f.infinity)));
    e.when(zero, () => giveWide(e, sign));

    const x = unpack(e, f, a);
    const y = unpack(e, f, b);
    const low = e.compareWide(Op.i64_ne, e.mulWide(x.sig, y.sig), 0n);
    const product = e.orWide(highProduct(e, x.sig, y.sig), e.wideU(low));
    // Of 1.x * 1.y the top bit may be clear. The lowest bit may move up then: it is far below what rounding keeps.
    const short = e.compareWide(Op.i64_ge_s, product, 0n);
    const exp = e.sub(e.add(x.exp, y.exp), e.add(f.bias - 1, short));
    giveRounded(e, core, f, sign, { exp, sig: e.shlWide(product, e.wideU(short)) });
  });
}

/** The high 64 bits of the product. */
function highProduct(e: Emitter, a: Wide, b: Wide): Wide {
  const low = (v: Wide) => e.andWide(v, 0xffff_ffffn);
  const high = (v: Wide) => e.shrUWide(v, 32n);
  const [al, ah, bl, bh] = [low(a), high(a), low(b), high(b)];
  const middle = e.mulWide(ah, bl);
  const cross = e.addWide(e.addWide(high(e.mulWide(al, bl)), low(middle)), e.mulWide(al, bh));
  return e.addWide(e.addWide(e.mulWide(ah, bh), high(middle)), high(cross));
}
