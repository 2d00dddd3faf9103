import { LONGEST_RUN } from "../interpreter/code-cache.js";
import type { Machine } from "../machine.js";
import type { TranslatorPort } from "../translator/port.js";
import type { TranslationOptions } from "../translator/translation-cache.js";
import type { History, Make } from "./history.js";
import { type InstructionPlace, placeOf } from "./instruction-text.js";
import type { Difference, End, Pair, Side } from "./pair.js";
import { stateValues } from "./state-words.js";

/** One way of going on in small steps, in which a difference may show. */
export interface Way {
  readonly name: string;
  readonly make: Make;
  /** Told when the search begins: until then the machine need not be what is searched. */
  readonly begin?: (subject: Side) => void;
  /** The smallest step. */
  readonly step: (subject: Side) => End;
}

/** The first difference, as narrowly as it could be found. */
export interface Finding {
  readonly way: string;
  /** What the reference executed in the step that they differ behind; one, if it was found exactly. */
  readonly places: readonly InstructionPlace[];
  readonly before: ReadonlyMap<string, number>;
  readonly difference: Difference;
  readonly reference: Machine;
}

/** One instruction after the other. */
export function stepping(make: Make): Way {
  return { name: "instruction by instruction", make, step: (subject) => subject.goOn(1) };
}
/** Short stretches of decoded code, as the interpreter runs them: an exact run steps its last LONGEST_RUN instructions. */
export function stretches(make: Make): Way {
  return { name: "stretch by stretch of decoded code", make, step: (subject) => subject.goOn(LONGEST_RUN + 1) };
}
/** Who translates the code in a machine's memory. */
export type MakePort = (memory: Uint8Array) => TranslatorPort;

/** All code translated, in regions of so many instructions at most, one region after the other. */
export function regions(make: Make, port: MakePort, longest: number): Way {
  return {
    name: `region by region of ${longest} instructions at most`,
    make,
    begin: ({ machine, memory }) => machine.translateBy(port(memory.bytes), { ...EVERYTHING, longest }),
    step: (subject) => subject.goOnByRegion(3 * longest),
  };
}
const EVERYTHING: TranslationOptions = { quantum: 1, threshold: 0, strict: true };

/** Where two machines were alike last, in turns, and where they were not. */
export interface Interval {
  readonly alike: number;
  readonly different: number;
  readonly pages: readonly number[];
}

/** Finds the first difference between two machines by running them again, from the beginning. */
export class Search {
  constructor(
    private readonly history: History,
    private readonly reference: Make,
  ) {}

  /** Narrows an interval down to one turn, by the machine that the difference was seen with; null: it doesn't come again. */
  narrow(make: Make, { alike, different, pages }: Interval): Interval | null {
    if (different - alike === 1) return { alike, different, pages };
    const pair = this.replay(make, alike);
    for (let turn = alike; turn < different; turn++) {
      this.history.happen(pair, turn);
      if (this.history.turn(pair, turn, pages).difference) return { alike: turn, different: turn + 1, pages };
    }
    return null;
  }

  /** Looks for the difference within a turn, in the steps of the first way in which it shows. */
  find(ways: readonly Way[], interval: Interval): Finding | null {
    for (const way of ways) {
      const found = this.go(way, interval);
      if (found) return found;
    }
    return null;
  }

  private go(way: Way, { alike, pages }: Interval): Finding | null {
    const pair = this.replay(way.make, alike);
    const { reference, subject } = pair;
    way.begin?.(subject);
    this.history.happen(pair, alike);
    const end = reference.machine.retired + this.history.length(alike) + LONGEST_RUN;
    while (reference.machine.retired < end) {
      const before = stateValues(reference.state);
      const places: InstructionPlace[] = [];
      const { end: how, difference } = this.step(pair, way, places, pages);
      if (difference) return { way: way.name, places, before, difference, reference: reference.machine };
      if (how.kind !== "slice") return null;
    }
    return null;
  }

  /** A step of the subject's; the reference follows instruction by instruction, which are noted. */
  private step(pair: Pair, way: Way, places: InstructionPlace[], pages: readonly number[]): ReturnType<Pair["turn"]> {
    const { reference } = pair;
    return pair.turn((subject) => {
      const end = way.step(subject);
      const { retired } = subject.machine;
      do {
        places.push(placeOf(reference.state, reference.machine.retired));
        if (reference.machine.retired + 1 >= retired) break;
      } while (reference.run(1, true).kind === "slice");
      return end;
    }, pages);
  }

  /** A pair that is where turn number `turn` begins. */
  private replay(make: Make, turn: number): Pair {
    const pair = this.history.pair([this.reference, make]);
    for (let done = 0; done < turn; done++) {
      this.history.happen(pair, done);
      this.history.turn(pair, done);
    }
    return pair;
  }
}
