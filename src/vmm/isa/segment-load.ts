import { CR0_PE } from "../cpu/control-bits.js";
import { ESP } from "../cpu/general-registers.js";
import { modeNumber } from "../cpu/hidden-part.js";
import * as at from "../cpu/layout.js";
import { DS, ES, FS, GS, Seg, SS } from "../cpu/layout.js";
import { HIDDEN_SIZE, RECENT_CPL_SHIFT, RECENT_SIZE_SHIFT, Recent } from "../cpu/recent-loads.js";
import { Op, ValueType } from "../wasm/opcodes.js";
import { descriptorOf, unless } from "./crossing.js";
import { define } from "./definition.js";
import type { Value } from "./emitter.js";
import { AC, VM } from "./flags.js";
import type { Helper, Stage } from "./stage.js";

/**
 * MOV and POP to ES, DS, FS and GS in protected mode. A kernel loads the same few selectors each time it is entered and left; what was loaded
 * before from the same descriptor is loaded again in emitted code, everything else by the callouts in cpu/segments.ts.
 */

/** One bit each: the registers that are loaded here. SS holds off interrupts, CS can't be loaded so. */
const LOADABLE = (1 << ES) | (1 << DS) | (1 << FS) | (1 << GS);
/** The fields that accesses go by. Where they stay for ES and DS, so does the kind of code that was decoded for them. */
const ADDRESSING = [Seg.base, Seg.readLow, Seg.readHigh, Seg.writeLow, Seg.writeHigh];
const NULL_SEGMENT = {
  [Seg.base]: 0,
  [Seg.limit]: 0,
  [Seg.access]: 0,
  [Seg.readLow]: 1,
  [Seg.readHigh]: 0,
  [Seg.writeLow]: 1,
  [Seg.writeHigh]: 0,
};

/** (register, selector) -> 1: it has been loaded; 0: nothing was changed, the callout decides. */
const reload: Helper = {
  name: "reloadSegment",
  params: [ValueType.i32, ValueType.i32],
  results: [ValueType.i32],
  emit(e) {
    const n: Value = { local: 0 };
    const selector: Value = { local: 1 };
    unless(e, e.and(e.state(at.CR0), CR0_PE));
    unless(e, e.eqz(e.and(e.state(at.EFLAGS), VM)));
    // Else the decision engine would have to hear of it (cpu/reversible.ts).
    unless(e, e.eqz(e.and(e.state(at.IRREVERSIBLE), e.shl(1, n))));
    unless(e, e.eq(e.loadHost(n, 1, at.SEGMENT_ORIGIN), modeNumber("protected")));
    const register = e.variable(e.add(e.shl(n, 5), at.SEGMENT));
    const wide = e.variable(e.ltU(n, FS));
    e.when(e.eqz(e.and(selector, 0xfffc)), () => {
      unless(e, e.eqz(wide));
      e.storeHost(register, 4, selector, Seg.selector);
      for (const [field, value] of Object.entries(NULL_SEGMENT)) e.storeHost(register, 4, value, Number(field));
      e.f.i32(1).op(Op.return);
    });
    const descriptor = descriptorOf(e, selector);
    const slot = e.variable(e.add(e.shl(e.and(e.shrU(selector, 3), at.RECENT_LOAD_SLOTS - 1), RECENT_SIZE_SHIFT), at.RECENT_LOADS));
    unless(e, e.eq(e.loadHost(slot, 4, Recent.key), e.or(selector, e.shl(e.state(at.CPL), RECENT_CPL_SHIFT))));
    unless(e, e.eq(e.loadHost(slot, 4, Recent.low), e.loadHost(descriptor, 4)));
    unless(e, e.eq(e.loadHost(slot, 4, Recent.high), e.loadHost(descriptor, 4, 4)));
    const recent = (field: number) => e.loadHost(slot, 4, Recent.hidden + field - Seg.base);
    e.when(wide, () => {
      for (const field of ADDRESSING) unless(e, e.eq(recent(field), e.loadHost(register, 4, field)));
    });
    e.storeHost(register, 4, selector, Seg.selector);
    for (let field = Seg.base; field < Seg.base + HIDDEN_SIZE; field += 4) e.storeHost(register, 4, recent(field), field);
    e.put(1);
  },
};

/** Ends in the callout unless register `n` is loaded. The selector comes from where it may be read twice: the callout begins anew. */
function load(x: Stage, n: Value, selector: Value, callout: string): void {
  x.put(n);
  x.put(selector);
  x.callHelper(reload);
  x.when(x.eqz(x.take()), () => x.callout(callout));
}
/** A selector in RAM; a device is the callout's to read. */
function selectorAt(x: Stage, host: Value, callout: string): Value {
  x.when(x.ltU(host, at.RAM_BASE), () => x.callout(callout));
  return x.loadHost(host, 2);
}

define("movToSegment", (x, _size, segment, src) => {
  x.sensitive();
  const callout = "movToSegment";
  const n = x.shrU(x.sub(x.registerAddress(segment), at.SEGMENT), 5);
  // #UD comes before what reading the operand may raise.
  x.when(x.eqz(x.and(x.shrU(LOADABLE, n), 1)), () => x.callout(callout));
  load(x, n, x.isMemory(src) ? selectorAt(x, x.translateOperand(2, "deferredRead"), callout) : x.read(src, 2), callout);
});

for (const [name, n] of Object.entries({ popEs: ES, popDs: DS, popFs: FS, popGs: GS })) {
  define(
    name,
    (x, size) => {
      x.sensitive();
      // Where AC counts, it does for the selector alone (SDM vol. 3, table 6-7).
      x.when(x.and(x.state(at.EFLAGS), AC), () => x.callout(name));
      const top = x.and(x.reg(ESP), x.stackMask());
      load(x, n, selectorAt(x, x.translate(SS, top, size, "deferredRead"), name), name);
      x.dropStack(size);
    },
    { implicit: true },
  );
}
