import { CR4_TSD } from "../cpu/control-bits.js";
import { EAX, EDX } from "../cpu/general-registers.js";
import * as at from "../cpu/layout.js";
import { define } from "./definition.js";

/**
 * RDTSC. To read the host's clock takes as long as a few hundred instructions, and kernels read the TSC on every system call and every interrupt. So
 * for the next TSC_WINDOW instructions each is taken for a tick; then the clock is read again, and the TSC goes on from there, never back. That is
 * the callout's to say (cpu/msr.ts): by the deterministic clock there is no window.
 */
define("rdtsc", (x) => {
  const now = x.sub(x.state(at.RETIRED_BASE), x.leftBehind());
  const since = x.sub(now, x.state(at.TSC_AT));
  const known = x.and(x.ltU(since, x.state(at.TSC_WINDOW)), x.eqz(x.and(x.state(at.CR4), CR4_TSD)));
  x.when(x.eqz(known), () => {
    x.setState(at.TSC_AT, now);
    x.callout("rdtsc");
  });
  const low = x.add(x.state(at.TSC_LOW), since);
  x.setReg(EAX, 4, low);
  x.setReg(EDX, 4, x.add(x.state(at.TSC_HIGH), x.ltU(low, since)));
});
