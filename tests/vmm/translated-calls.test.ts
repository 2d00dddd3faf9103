/** Calls of small functions that a region goes on into, instead of calling their regions. */
import { describe, expect, it } from "vitest";
import { CR0_PG } from "../../src/vmm/cpu/control-bits.js";
import * as at from "../../src/vmm/cpu/layout.js";
import { LocalPort } from "../../src/vmm/translator/local-port.js";
import type { TranslationOptions } from "../../src/vmm/translator/translation-cache.js";
import { ADD_EAX_ECX, INC_EAX, INC_ECX, le32, RET, seen } from "./endless-guest.js";
import { CODE } from "./system-guest.js";
import { callers, callTo, FUNCTION, place } from "./translated-programs.js";

const SOON: TranslationOptions = { quantum: 5, threshold: 2, strict: true, manyCalls: 1 };
/** Regions are looked at in every 64th slice. */
const SLICES = 400;

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
