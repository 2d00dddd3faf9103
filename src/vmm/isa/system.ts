import { CPL, CS, DS, ES, FS, GS, SEGMENT, SEGMENT_SIZE, SS, ZERO } from "../cpu/layout.js";
import { define, defineCallouts } from "./definition.js";

/** The instructions of the system side: nearly all are done in TypeScript (cpu/callouts.ts). */

/** PUSH of a segment register: a store of 16 bits, whatever the operand size, as on recent processors (SDM vol. 2, PUSH). */
const segments = { pushEs: ES, pushCs: CS, pushSs: SS, pushDs: DS, pushFs: FS, pushGs: GS };
for (const [name, n] of Object.entries(segments)) {
  define(
    name,
    (x, size) => {
      x.sensitive();
      x.pushStack(size, x.state(SEGMENT + n * SEGMENT_SIZE), 2);
    },
    { implicit: true },
  );
}

/** MOV from a segment register: a 32-bit register gets the selector zero-extended, memory 16 bits. */
define("movFromSegment", (x, size, dst, segment) => {
  x.sensitive();
  x.write(dst, x.isMemory(dst) ? 2 : size, x.loadHost(x.registerAddress(segment), 2));
});

/** MOV from a control register. The callout raises: #UD for those that don't exist, #GP(0) for those who may not. */
define("movFromControl", (x, _size, dst, control) => {
  x.sensitive();
  const word = x.registerAddress(control);
  x.when(x.or(x.state(CPL), x.eq(word, ZERO)), () => x.callout("movFromControl"));
  x.write(dst, 4, x.loadHost(word, 4));
});

defineCallouts(["daa", "das", "aaa", "aas", "aam", "aad", "salc"]);
defineCallouts(["pusha", "popa", "enter", "bound", "popMemory", "fxsave", "fxrstor"]);
defineCallouts(["sldt", "str", "sgdt", "sidt", "smsw", "lar", "lsl", "verr", "verw", "arpl", "movFromDebug"]);
defineCallouts(["cpuid", "rdmsr", "rdpmc", "invd", "wbinvd"]);

// May change the mode, the mappings, the segments or EIP.
const ends = { ends: true };
defineCallouts(["popSs", "les", "lds", "lss", "lfs", "lgs"], ends);
defineCallouts(["callFar", "callFarMemory", "jmpFar", "jmpFarMemory", "retFar", "retFarPop"], ends);
defineCallouts(["int", "int1", "int3", "into", "hlt"], ends);
defineCallouts(["lldt", "ltr", "lgdt", "lidt", "lmsw", "clts", "invlpg", "movToControl", "movToDebug", "wrmsr"], ends);
// A device may raise an interrupt, move A20 or reset the processor.
defineCallouts(["inImmediate", "inDx", "outImmediate", "outDx", "ins", "outs"], ends);
