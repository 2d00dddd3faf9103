import { Machine, TRANSLATION } from "../machine.js";
import { LocalPort } from "../translator/local-port.js";
import type { Make } from "./history.js";
import { type MakePort, regions, stepping, stretches, type Way } from "./search.js";

/** What is held against the interpreter. */
export interface Subject {
  readonly name: string;
  readonly make: Make;
  /** Its slices, in instructions. */
  readonly slice: number;
  /** Ways to look for a difference more closely, the closest first. */
  readonly ways: readonly Way[];
}

const plain: Make = (parts) => new Machine(parts);

/** The interpreter itself, in slices that end elsewhere. */
export function interpreterSubject(make: Make = plain): Subject {
  return { name: "the interpreter in other slices", make, slice: 1237, ways: [stepping(make), stretches(make)] };
}

/**
 * The translator, keeping all flags. It translates in the machine's own thread, so that a run can be repeated: regions begin to be used at the same
 * counts. What it did wrong is looked for in ever larger regions, of code that the interpreter has brought up to there.
 */
export function translatorSubject(port: MakePort = (memory) => new LocalPort(memory), options = TRANSLATION): Subject {
  const make: Make = (parts) => {
    const machine = new Machine(parts);
    machine.translateBy(port(new Uint8Array(parts.memory.buffer)), { ...options, strict: true });
    return machine;
  };
  const sizes = [1, 4, 16, 64, 300];
  return { name: "the translator", make, slice: Number.POSITIVE_INFINITY, ways: sizes.map((longest) => regions(plain, port, longest)) };
}
