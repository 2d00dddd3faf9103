import type { Case, Result } from "../case.js";
import { type Difference, show } from "../compare.js";
import { STATUS } from "../undefined-flags.js";
import { arithmetic } from "./arithmetic.js";
import { control } from "./control.js";
import { type DirectedCase, registerNames, toCase } from "./directed-case.js";
import { memory } from "./memory.js";

export const directed: readonly DirectedCase[] = [...arithmetic, ...memory, ...control];

/** Those that the host may judge. */
export const judgedByHost: readonly DirectedCase[] = directed.filter(({ processorsDiffer }) => processorsDiffer === undefined);

export const directedCases: readonly Case[] = judgedByHost.map(toCase);

/** How a result departs from what was worked out by hand; registers that are not mentioned are not looked at. */
export function departures({ expect, undefinedFlags = 0, name }: DirectedCase, result: Result): Difference[] {
  const found: Difference[] = [];
  const check = (field: string, expected: number | undefined, actual: number) => {
    if (expected !== undefined && expected >>> 0 !== actual >>> 0)
      found.push({ field: `${name}: ${field}`, expected: show(expected), actual: show(actual) });
  };
  if (expect === undefined) return found;
  if (expect.vector === undefined && result.ending !== "done") {
    found.push({ field: `${name}: ending`, expected: "done", actual: `${result.ending} ${result.vector}` });
  }
  check("vector", expect.vector, result.ending === "fault" ? result.vector : -1);
  check("error code", expect.errorCode, result.errorCode);
  check("cr2", expect.cr2, result.cr2);
  check("flags", expect.flags, result.eflags & STATUS & ~undefinedFlags);
  registerNames.forEach((register, i) => {
    check(register, expect[register], result.gpr[i]);
  });
  if (expect.memory !== undefined) {
    const changed = new Map<number, number>();
    for (let i = 0; i < result.writes.length; i += 2) changed.set(result.writes[i], result.writes[i + 1]);
    for (const [address, value] of Object.entries(expect.memory))
      check(`[${show(Number(address))}]`, value, changed.get(Number(address)) ?? -1);
    check("doublewords changed", Object.keys(expect.memory).length, changed.size);
  }
  return found;
}
