/** Control flow of translated code: it comes to the same as in the interpreter, and most of it is run in regions. */
import { describe, expect, it } from "vitest";
import { LocalPort } from "../../src/vmm/translator/local-port.js";
import type { TranslationOptions } from "../../src/vmm/translator/translation-cache.js";
import { ADD_EAX_ECX, call, DEC_EDX, guest, INC_EAX, INC_ECX, jmp, jz, le32, type Program, RET, seen, TEST_CL_3 } from "./endless-guest.js";
import { CODE, DATA } from "./system-guest.js";

const EVERYTHING: TranslationOptions = { quantum: 1, threshold: 0, strict: true };

/** `switch` by a table at DATA + 0x100 whose four entries are set up behind the jump. */
const JMP_TABLE = [0xff, 0x24, 0x8d, ...le32(DATA + 0x100)];
const MOV_TABLE_EDX = [0x8b, 0x14, 0x8d, ...le32(DATA + 0x100)];
const JMP_EDX = [0xff, 0xe2];
const AND_ECX_3 = [0x83, 0xe1, 0x03];

const programs: Record<string, Program> = {
  "a loop": { code: [INC_EAX, INC_ECX, DEC_EDX] },
  "a call and its return": { code: [call(3), INC_EAX, jmp(2), INC_ECX, RET] },
  "calls inside calls": { code: [call(5), INC_EAX, INC_ECX, jmp(10), INC_EAX, call(3), INC_ECX, RET, INC_ECX, RET] },
  "a function that changes where it returns to": { code: [call(4), INC_EAX, INC_ECX, jmp(4), [0xff, 0x04, 0x24], RET] },
  "a function that doesn't return": { code: [call(3), INC_EAX, jmp(6), [0x83, 0xc4, 0x04], INC_ECX, jmp(-14)] },
  "recursion without an end, deeper than the host's stack may go": { code: [INC_ECX, call(-6), INC_EAX] },
  "recursion to a depth": {
    // mov ecx, 300; call f; jmp over; f: dec ecx; jz ret; call f; inc eax; ret
    code: [[0xb9, ...le32(300)], call(2), jmp(10), [0x49], jz(6), call(-8), INC_EAX, RET],
  },
  "a call by a register": { code: [[0xbf, ...le32(CODE + 12)], [0xff, 0xd7], INC_EAX, jmp(4), [0x90, 0x90], INC_ECX, RET] },
  "a jump by a table": {
    code: [INC_ECX, [0x51], AND_ECX_3, JMP_TABLE, INC_EAX, INC_EAX, INC_EAX, INC_EAX, [0x59]],
    memory: [0, 1, 2, 3].map((i) => [DATA + 0x100 + 4 * i, CODE + 12 + i] as const),
  },
  "computed jumps among each other": {
    // Each of three pieces of code loads its successor from the table by ECX, and jumps there.
    code: [
      [0xb9, ...le32(0)],
      MOV_TABLE_EDX,
      JMP_EDX,
      ...[1, 2, 0].map((next) => [...INC_EAX, 0xb9, ...le32(next), ...MOV_TABLE_EDX, ...JMP_EDX]),
    ],
    memory: [0, 1, 2].map((i) => [DATA + 0x100 + 4 * i, CODE + 14 + 15 * i] as const),
  },
  "a loop with two ways in": { code: [INC_ECX, TEST_CL_3, jz(1), INC_EAX, ADD_EAX_ECX, TEST_CL_3, jz(-7)] },
  "code that goes on into the next page": {
    at: CODE + 0xff8,
    code: [INC_ECX, TEST_CL_3, jz(4), [0x81, 0xc0, ...le32(0x1234567)], INC_EAX],
  },
  "an operand that straddles pages": {
    code: [
      [0xff, 0x06],
      [0x8b, 0x06],
      [0x89, 0x46, 0x04],
    ],
  },
  "flags that are read at another place": { code: [[0x3b, 0x03], jmp(0), [0x0f, 0x92, 0xc0], [0x83, 0xd1, 0x00], INC_EAX] },
  "a move on a flag that a shift by CL has changed, and a logical instruction before": {
    code: [INC_ECX, [0x09, 0xce], [0xd3, 0xe0], [0x0f, 0x42, 0xd0], [0xff, 0x03]],
  },
  "repeated string instructions": { code: [[0xb9, ...le32(20)], [0xbf, ...le32(DATA + 0x400)], [0xf3, 0xaa], INC_EAX] },
  "code that is overwritten in front of itself": {
    fleeting: true,
    // inc byte [x + 1]; x: mov al, 0; add edx, eax
    code: [
      [0xfe, 0x05, ...le32(CODE + 7)],
      [0xb0, 0x00],
      [0x01, 0xc2],
    ],
  },
  "data between code": { code: [jmp(4), [0, 0, 0, 0], [0xff, 0x05, ...le32(CODE + 2)], INC_EAX] },
};

describe("translated code does what the interpreter does", () => {
  for (const [name, options] of [
    ["with all heads translated at once", EVERYTHING],
    ["with what is hot translated", { quantum: 5, threshold: 2, strict: true }],
    ["with everything dropped again and again", { quantum: 5, threshold: 2, strict: true, mostModules: 3 }],
  ] as const) {
    describe(name, () => {
      it.each(Object.entries(programs))("%s", (_, program) => {
        const [interpreted, translated] = [guest(program), guest(program)];
        translated.interpreter.translateBy(new LocalPort(translated.state.u8), options);
        for (let slice = 1; slice <= 40; slice++) {
          for (const it of [interpreted, translated]) it.interpreter.run(slice % 4 === 0 ? 7 * (slice % 11) + 1 : 900 + slice, true);
          expect(seen(translated)).toBe(seen(interpreted));
        }
        if (options === EVERYTHING && !program.fleeting) expect(translated.interpreter.translator.instructions).toBeGreaterThan(0);
      });
    });
  }
});

it("makes a region again that is left too often for its own instructions, and goes on inside it", () => {
  const straddling = guest(programs["an operand that straddles pages"]);
  straddling.interpreter.translateBy(new LocalPort(straddling.state.u8), { quantum: 50, threshold: 2, strict: true });
  for (let slice = 0; slice < 400; slice++) straddling.interpreter.run(2000, true);
  const { retranslations, instructions } = straddling.interpreter.translator;
  expect(retranslations).toBeGreaterThan(0);
  const before = straddling.interpreter.retired;
  straddling.interpreter.run(2000, true);
  expect(straddling.interpreter.translator.instructions - instructions).toBeGreaterThan((straddling.interpreter.retired - before) / 2);
});

it("enters one large region at several places, and doesn't translate the same code for each of them", () => {
  // Each of the two inner loops runs longer than the budget lasts: so both are found, and the outer loop leads from one to the other.
  const inner = (decrement: readonly number[]) => [[0xb9, ...le32(2000)], INC_EAX, [...decrement], [0x75, 0xfc]];
  const much = Array.from({ length: 250 }, () => INC_EAX);
  const it = guest({ code: [...inner([0x49]), ...much, ...inner([0x49]), INC_EAX] });
  it.interpreter.translateBy(new LocalPort(it.state.u8), { quantum: 500, threshold: 2, strict: true });
  for (let slice = 0; slice < 200; slice++) it.interpreter.run(9000, true);
  const { instructions, liveRegions, regionsCompiled } = it.interpreter.translator;
  expect(regionsCompiled).toBeGreaterThan(1);
  expect(liveRegions).toBe(1);
  expect(instructions).toBeGreaterThan(it.interpreter.retired / 2);
});
