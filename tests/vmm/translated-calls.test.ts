/** Calls of small functions that a region goes on into, instead of calling their regions. */
import { describe, expect, it } from "vitest";
import { CR0_PG } from "../../src/vmm/cpu/control-bits.js";
import * as at from "../../src/vmm/cpu/layout.js";
import { LocalPort } from "../../src/vmm/translator/local-port.js";
import type { TranslationOptions } from "../../src/vmm/translator/translation-cache.js";
import { ADD_EAX_ECX, call, guest, INC_EAX, INC_ECX, jmp, jz, le32, type Program, RET, seen, TEST_CL_3 } from "./endless-guest.js";
import { CODE, DATA, type SystemGuest } from "./system-guest.js";

const SOON: TranslationOptions = { quantum: 5, threshold: 2, strict: true, manyCalls: 1 };
/** Regions are looked at in every 64th slice. */
const SLICES = 400;

const FUNCTION = DATA + 0x3000;
const callTo = (from: number, target: number) => call(target - (from + 5));
const CMP_EAX_ECX = [0x39, 0xc8];
const ADC_EDX_0 = [0x83, 0xd2, 0x00];
const SETC_BL = [0x0f, 0x92, 0xc3];
const INC_STACK = [0xff, 0x04, 0x24];
const CPUID = [0x0f, 0xa2];
const CLC = [0xf8];
const STC = [0xf9];

/** Code of a function, at its address. */
type Function = readonly [address: number, code: readonly (readonly number[])[]];
interface Caller extends Program {
  readonly functions: readonly Function[];
}

function place({ functions, ...program }: Caller): SystemGuest {
  const it = guest(program);
  for (const [address, code] of functions) it.bytes(address, code.flat());
  return it;
}

const callers: Record<string, Caller> = {
  "a function in another page": { code: [callTo(CODE, FUNCTION), INC_ECX], functions: [[FUNCTION, [INC_EAX, RET]]] },
  "functions inside each other": {
    code: [callTo(CODE, FUNCTION), INC_ECX],
    functions: [
      [FUNCTION, [INC_EAX, callTo(FUNCTION + 1, FUNCTION + 0x1000), ADD_EAX_ECX, RET]],
      [FUNCTION + 0x1000, [callTo(FUNCTION + 0x1000, FUNCTION + 0x2000), INC_EAX, RET]],
      [FUNCTION + 0x2000, [INC_ECX, RET]],
    ],
  },
  "the same function at two places": {
    code: [callTo(CODE, FUNCTION), INC_ECX, callTo(CODE + 6, FUNCTION), ADD_EAX_ECX],
    functions: [[FUNCTION, [TEST_CL_3, jz(1), INC_EAX, RET]]],
  },
  "a function with a loop": {
    code: [[0xba, ...le32(7)], callTo(CODE + 5, FUNCTION)],
    functions: [[FUNCTION, [INC_EAX, [0x4a], [0x75, 0xfc], RET]]],
  },
  "a function that returns to another place every fourth time": {
    code: [callTo(CODE, FUNCTION), INC_EAX, INC_ECX],
    functions: [[FUNCTION, [TEST_CL_3, [0x75, 3], INC_STACK, INC_ECX, RET]]],
  },
  "a function that calls itself": {
    code: [[0xba, ...le32(5)], callTo(CODE + 5, FUNCTION), INC_ECX],
    functions: [[FUNCTION, [[0x4a], jz(6), callTo(FUNCTION + 3, FUNCTION), INC_EAX, RET]]],
  },
  "functions that call each other": {
    code: [[0xba, ...le32(9)], callTo(CODE + 5, FUNCTION), INC_ECX],
    functions: [
      [FUNCTION, [[0x4a], jz(6), callTo(FUNCTION + 3, FUNCTION + 0x100), INC_EAX, RET]],
      [FUNCTION + 0x100, [[0x4a], jz(6), callTo(FUNCTION + 0x103, FUNCTION), INC_ECX, RET]],
    ],
  },
  "a function that reads the flags of its caller": {
    code: [INC_ECX, CMP_EAX_ECX, callTo(CODE + 3, FUNCTION), INC_EAX],
    functions: [[FUNCTION, [SETC_BL, ADC_EDX_0, RET]]],
  },
  "a function whose flags its caller reads": {
    code: [INC_ECX, callTo(CODE + 1, FUNCTION), ADC_EDX_0, INC_EAX],
    functions: [[FUNCTION, [TEST_CL_3, jz(2), STC, RET, CLC, RET]]],
  },
  "a function that works on an object that straddles pages": {
    code: [callTo(CODE, FUNCTION), INC_ECX],
    functions: [[FUNCTION, [[0xff, 0x06], [0x03, 0x06], RET]]],
  },
  "a function whose end is in another page": {
    code: [callTo(CODE, FUNCTION + 0xffe), INC_ECX],
    functions: [[FUNCTION + 0xffe, [INC_EAX, INC_EAX, INC_EAX, RET]]],
  },
  "a function that goes on in another": {
    code: [callTo(CODE, FUNCTION), INC_ECX],
    functions: [
      [FUNCTION, [INC_EAX, jmp(0x20)]],
      [FUNCTION + 0x23, [ADD_EAX_ECX, RET]],
    ],
  },
  "functions with an instruction that is the interpreter's, so that nobody waits for their returns": {
    code: [callTo(CODE, FUNCTION), INC_ECX],
    functions: [
      [FUNCTION, [callTo(FUNCTION, FUNCTION + 0x1100), [0x01, 0xda], RET]],
      [FUNCTION + 0x1100, [CPUID, RET]],
    ],
  },
  "such a function that returns to two places by turns": {
    code: [callTo(CODE, FUNCTION), [0x01, 0xda], callTo(CODE + 7, FUNCTION), [0x01, 0xd0]],
    functions: [[FUNCTION, [CPUID, TEST_CL_3, RET]]],
  },
  "a function that loads floating point numbers": {
    code: [callTo(CODE, FUNCTION), [0xdd, 0xd8], INC_ECX],
    functions: [[FUNCTION, [[0xd9, 0xe8], RET]]],
  },
};

describe("taken in where it is called, it comes to the same:", () => {
  it.each(Object.entries(callers))("%s", (_, caller) => {
    const [interpreted, translated] = [place(caller), place(caller)];
    translated.interpreter.translateBy(new LocalPort(translated.state.u8), SOON);
    for (let slice = 1; slice <= SLICES; slice++) {
      for (const it of [interpreted, translated]) it.interpreter.run(slice % 4 === 0 ? 7 * (slice % 11) + 1 : 300 + slice, true);
      expect(seen(translated)).toBe(seen(interpreted));
    }
  });

  it("a function that another program writes over", () => {
    const caller = callers["a function in another page"];
    const [interpreted, translated] = [place(caller), place(caller)];
    translated.interpreter.translateBy(new LocalPort(translated.state.u8), SOON);
    for (let slice = 1; slice <= SLICES; slice++) {
      for (const it of [interpreted, translated]) {
        it.interpreter.run(300, true);
        // INC EAX or DEC EAX, by turns that are long enough for either to be taken in.
        if (slice % 150 === 0) it.put(FUNCTION, 0x40 | ((slice / 150) % 2 ? 8 : 0), 1);
      }
      expect(seen(translated)).toBe(seen(interpreted));
    }
  });

  it("a function whose page is mapped to another frame meanwhile", () => {
    const DIRECTORY = 0x6000;
    const TABLE = 0x7000;
    const OTHER = FUNCTION + 0x1000;
    const entryOf = (page: number) => TABLE + 4 * (page >> 12);
    const invlpg = [0x0f, 0x01, 0x3d, ...le32(FUNCTION)];
    // Calls a hundred times; then the function's page table entry changes between the two frames, and INVLPG says so.
    const code = [
      [0xba, ...le32(100)],
      callTo(CODE + 5, FUNCTION),
      [0x4a],
      [0x75, 0xf8],
      [0x81, 0x35, ...le32(entryOf(FUNCTION)), ...le32(FUNCTION ^ OTHER)],
      invlpg,
    ];
    const make = () => {
      const it = place({
        code,
        functions: [
          [FUNCTION, [INC_EAX, RET]],
          [OTHER, [ADD_EAX_ECX, INC_ECX, RET]],
        ],
      });
      for (let page = 0; page < 256; page++) it.put(TABLE + 4 * page, (page << 12) | 3);
      it.put(DIRECTORY, TABLE | 3);
      it.state.set(at.CR3, DIRECTORY);
      it.state.set(at.CR0, (it.state.get(at.CR0) | CR0_PG) >>> 0);
      it.mmu.pagingChanged();
      return it;
    };
    const [interpreted, translated] = [make(), make()];
    translated.interpreter.translateBy(new LocalPort(translated.state.u8), SOON);
    for (let slice = 1; slice <= SLICES; slice++) {
      for (const it of [interpreted, translated]) it.interpreter.run(300, true);
      expect(seen(translated)).toBe(seen(interpreted));
    }
  });
});

it("enters no other region for a call, then", () => {
  const { code, functions } = callers["functions inside each other"];
  const often = [0xb9, ...le32(1000)];
  const loop = [...code.flat().slice(0, 5), 0x49, 0x75, 0xf8];
  const entriesOf = (options: TranslationOptions) => {
    const it = place({
      code: [often, loop],
      functions: functions.map(([address, body]) => [address, body.map((one) => (one === INC_ECX ? [0x90] : one))]),
    });
    // The call, moved by what stands before it.
    it.bytes(CODE + 5, callTo(CODE + 5, FUNCTION));
    it.interpreter.translateBy(new LocalPort(it.state.u8), options);
    for (let slice = 0; slice < SLICES; slice++) it.interpreter.run(5000);
    const before = it.interpreter.translator.entries;
    it.interpreter.run(90_000);
    return it.interpreter.translator.entries - before;
  };
  const apart = entriesOf({ ...SOON, manyCalls: Number.POSITIVE_INFINITY });
  expect(apart).toBeGreaterThan(10_000);
  expect(entriesOf(SOON)).toBeLessThan(apart / 100);
});
