import type { Boot, Machine, MachineParts } from "../machine.js";
import type { MemoryImage } from "./guest-memory.js";
import { type End, Pair, Side } from "./pair.js";

/** What came from outside, before the turn of that number. */
export type Happening =
  | { turn: number; kind: "boot"; boot: Boot; image: MemoryImage }
  | { turn: number; kind: "input"; port: number; bytes: Uint8Array }
  | { turn: number; kind: "ctrlAltDel" };

/** How a machine of the pair is made. */
export type Make = (parts: MachineParts) => Machine;

/** What both machines are made of. */
export interface CommonParts extends Omit<MachineParts, "memory" | "input"> {
  readonly ports: number;
}

/** Everything that is needed to run the two machines from power-on once more: by the deterministic clock they do the same again. */
export class History {
  readonly happenings: Happening[] = [];

  constructor(
    private readonly memories: readonly [WebAssembly.Memory, WebAssembly.Memory],
    private readonly parts: CommonParts,
    /** Instructions of a turn, and of the subject's slices. */
    private readonly every: number,
    private readonly slice: number,
  ) {}

  /** A new pair over the memories: whatever ran there before is gone. What the machines send goes to `sink`. */
  pair(makes: readonly [reference: Make, subject: Make], sink?: (port: number, byte: number) => void): Pair {
    const side = (n: 0 | 1) => {
      const heard = n === 0 ? sink : undefined;
      const debug = this.parts.debug && { ...this.parts.debug, sink: n === 0 && sink ? this.parts.debug.sink : () => undefined };
      const parts = { ...this.parts, memory: this.memories[n], serialSink: heard ?? (() => undefined), debug };
      return new Side(makes[n], parts, this.parts.ports);
    };
    return new Pair(side(0), side(1));
  }

  /** The machine's first turn is a single instruction: then its owner knows that it runs. */
  length(turn: number): number {
    return turn === 0 ? 1 : this.every;
  }

  /** One turn, as it was the first time if it isn't that. */
  turn(pair: Pair, turn: number, pages?: readonly number[]): ReturnType<Pair["turn"]> {
    return pair.turn((subject): End => subject.goOn(this.length(turn), this.slice), pages);
  }

  /** Has what happened before that turn happen to a pair. */
  happen(pair: Pair, turn: number): void {
    for (const happening of this.happenings) if (happening.turn === turn) this.apply(pair, happening);
  }
  apply(pair: Pair, happening: Happening): void {
    for (const side of pair.sides) {
      switch (happening.kind) {
        case "boot":
          side.memory.restore(happening.image);
          side.machine.boot(happening.boot);
          break;
        case "input":
          side.put(happening.port, happening.bytes);
          break;
        case "ctrlAltDel":
          side.machine.ctrlAltDel();
          break;
      }
    }
  }
}
