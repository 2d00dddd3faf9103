/** Translations that an earlier machine has left, and what becomes of them where the code is not what it was. */
import { describe, expect, it } from "vitest";
import * as at from "../../src/vmm/cpu/layout.js";
import { LocalPort } from "../../src/vmm/translator/local-port.js";
import type { TranslationOptions } from "../../src/vmm/translator/translation-cache.js";
import { guest, INC_EAX, INC_ECX, type Program, RET, seen } from "./endless-guest.js";
import { KeepingPort, newShelf, type Shelf } from "./keeping-port.js";
import { CODE, type SystemGuest } from "./system-guest.js";
import { type Caller, callers, callTo, FUNCTION, place, programs } from "./translated-programs.js";

const SOON: TranslationOptions = { quantum: 5, threshold: 2, strict: true, manyCalls: 1 };
const SLICES = 120;
/** Until there has been nothing to translate for a while. */
const QUIET_SLICES = 400;

const guests: [name: string, make: () => SystemGuest, fleeting: boolean][] = [
  ...Object.entries(programs).map(([name, program]): [string, () => SystemGuest, boolean] => [
    name,
    () => guest(program),
    (program as Program).fleeting ?? false,
  ]),
  ...Object.entries(callers).map(([name, caller]): [string, () => SystemGuest, boolean] => [name, () => place(caller), false]),
];

/** Runs a machine with what is on the shelf beside one that interprets; both must stay the same. @returns the machine */
function beside(make: () => SystemGuest, shelf: Shelf, change: (it: SystemGuest, slice: number) => void = () => undefined): SystemGuest {
  const [interpreted, translated] = [make(), make()];
  translated.interpreter.translateBy(new KeepingPort(translated.state.u8, shelf), SOON);
  for (let slice = 1; slice <= SLICES; slice++) {
    for (const it of [interpreted, translated]) {
      change(it, slice);
      it.interpreter.run(slice % 4 === 0 ? 7 * (slice % 11) + 1 : 300 + slice, true);
    }
    expect(seen(translated)).toBe(seen(interpreted));
  }
  return translated;
}

describe("had again by another machine, translations come to the same:", () => {
  it.each(guests)("%s", (_, make, fleeting) => {
    const shelf = newShelf();
    const first = beside(make, shelf).interpreter.translator;
    expect(first.regionsRecalled).toBe(0);
    const second = beside(make, shelf).interpreter.translator;
    if (fleeting) return;
    expect(second.regionsRecalled).toBeGreaterThan(0);
    expect(second.regionsCompiled).toBeLessThan(first.regionsCompiled);
    expect(second.instructions).toBeGreaterThan(0);
  });
});

describe("translations of other code are not had:", () => {
  const caller: Caller = callers["functions inside each other"];
  const shelfOf = () => {
    const shelf = newShelf();
    beside(() => place(caller), shelf);
    expect(shelf.regions.size).toBeGreaterThan(0);
    return shelf;
  };
  const with3 = (address: number, code: readonly (readonly number[])[]) => {
    const functions = caller.functions.map(([where, body]): Caller["functions"][number] => [where, where === address ? code : body]);
    return () => place({ ...caller, functions });
  };

  it("another instruction in a function that was taken in", () => {
    const shelf = shelfOf();
    const changed = beside(with3(FUNCTION + 0x2000, [[0x49], RET]), shelf);
    expect(changed.interpreter.translator.regionsCompiled).toBeGreaterThan(0);
  });

  it("the same code, but with the function that it calls in another place", () => {
    const shelf = shelfOf();
    beside(
      () =>
        place({
          code: [callTo(CODE, FUNCTION), INC_ECX],
          functions: [
            [FUNCTION, [INC_EAX, callTo(FUNCTION + 1, FUNCTION + 0x800), [0x01, 0xc8], RET]],
            [FUNCTION + 0x800, [INC_ECX, INC_ECX, RET]],
          ],
        }),
      shelf,
    );
  });

  it("code that is written over once it was had, and back", () => {
    const shelf = shelfOf();
    const last = FUNCTION + 0x2000;
    const it = beside(
      () => place(caller),
      shelf,
      (one, slice) => {
        if (slice % 60 === 30) one.put(last, 0x49, 1);
        if (slice % 60 === 0) one.put(last, 0x41, 1);
      },
    );
    expect(it.interpreter.translator.regionsRecalled).toBeGreaterThan(1);
  });

  it("memory that ends before the page that a region goes on in", () => {
    const shelf = shelfOf();
    for (const [number, placed] of shelf.regions) {
      const code = placed.region.code.map((piece) => (piece.distance === 0 ? piece : { ...piece, host: 0x7fff_f000 }));
      if (code.some(({ distance }) => distance !== 0)) shelf.regions.set(number, { ...placed, region: { ...placed.region, code } });
    }
    beside(() => place(caller), shelf);
  });

  it("a module that can't be had any more: the code is translated anew", () => {
    const shelf = shelfOf();
    shelf.objects.clear();
    const { regionsRecalled, regionsCompiled } = beside(() => place(caller), shelf).interpreter.translator;
    expect(regionsRecalled).toBe(0);
    expect(regionsCompiled).toBeGreaterThan(0);
  });

  it("another privilege", () => {
    const shelf = shelfOf();
    for (const [number, placed] of shelf.regions) shelf.regions.set(number, { ...placed, region: { ...placed.region, user: true } });
    expect(beside(() => place(caller), shelf).interpreter.translator.regionsRecalled).toBe(0);
  });

  it("another TOP of the x87 stack, where the code depends on it", () => {
    const shelf = newShelf();
    const withTop = (top: number) => () => {
      const it = place(callers["a function that loads floating point numbers"]);
      it.state.set(at.X87_TOP, top);
      return it;
    };
    const compiledWith = (top: number) => beside(withTop(top), shelf).interpreter.translator.regionsCompiled;
    compiledWith(0);
    const again = compiledWith(0);
    expect(compiledWith(3)).toBeGreaterThan(again);
  });
});

describe("put into one module with others, regions come to the same:", () => {
  it.each(guests)("%s", (_, make, fleeting) => {
    const [interpreted, translated] = [make(), make()];
    translated.interpreter.translateBy(new LocalPort(translated.state.u8), { ...SOON, fewestLinked: 1 });
    for (let slice = 1; slice <= QUIET_SLICES; slice++) {
      for (const it of [interpreted, translated]) it.interpreter.run(300 + slice, true);
      expect(seen(translated)).toBe(seen(interpreted));
    }
    if (!fleeting) expect(translated.interpreter.translator.regionsLinked).toBeGreaterThan(0);
  });
});
