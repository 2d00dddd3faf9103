import { type Boot, type InputSource, Machine, type MachineParts, type SliceEnd } from "../machine.js";
import type { Sample } from "../sample.js";
import { type CommonParts, type Happening, History } from "./history.js";
import type { Difference, End, Pair } from "./pair.js";
import { foundReport, unfoundReport } from "./report.js";
import { Search } from "./search.js";
import type { Subject } from "./subject.js";

/** All of memory is compared every so many instructions. */
const MEMORY_INSTRUCTIONS = 10_000_000;
/** Pages that differ, of which so many are followed. */
const PAGES = 16;
/** Input that is handed on at once. */
const INPUT_BYTES = 64;

export interface LockstepParts extends Omit<MachineParts, "clock" | "translator"> {
  subject: Subject;
  /** For the subject; of the reference's size. What is booted is loaded into the reference's. */
  subjectMemory: WebAssembly.Memory;
  /** Instructions between two comparisons; what the guest writes meanwhile must have room, as in a slice. */
  every: number;
}

/**
 * Two machines in one, side by side by the deterministic clock: a reference, which interprets, and a subject, which ought to do the same. Both run to the
 * same count of instructions, again and again, and are compared there; the outside sees the reference. At the first difference the machines are run
 * once more from power-on, to find the instruction that made it, and `run` throws a MonitorFault that tells.
 */
export class Lockstep {
  private readonly history: History;
  private readonly pair: Pair;
  private readonly sources: readonly InputSource[];
  private turns = 0;
  private retiredAtTurn = 0;
  /** When all of memory was last compared: in turns, and instructions. */
  private memoryTurn = 0;
  private memoryRetired = 0;
  private readonly received = new Uint8Array(INPUT_BYTES);

  constructor(private readonly parts: LockstepParts) {
    const { memory, subjectMemory, subject, every, input, ...rest } = parts;
    const common: CommonParts = { ...rest, clock: "deterministic", ports: input.length };
    this.sources = input;
    this.history = new History([memory, subjectMemory], common, every, subject.slice);
    this.pair = this.history.pair([this.reference, subject.make], parts.serialSink);
  }

  private readonly reference = (parts: MachineParts): Machine => new Machine(parts);

  get guestTime(): number {
    return this.pair.reference.machine.guestTime;
  }
  profile(): string {
    return this.pair.subject.machine.profile();
  }
  takesTurn(): boolean {
    return this.pair.subject.machine.takesTurn();
  }
  sample(): Sample {
    return this.pair.reference.machine.sample();
  }

  /** Both start from what has been put into the reference's memory. */
  boot(boot: Boot): void {
    this.happen({ turn: this.turns, kind: "boot", boot, image: this.pair.reference.memory.image() });
  }
  ctrlAltDel(): void {
    this.happen({ turn: this.turns, kind: "ctrlAltDel" });
  }
  pause(): void {
    for (const { machine } of this.pair.sides) machine.pause();
  }
  resume(): void {
    for (const { machine } of this.pair.sides) machine.resume();
  }

  /** Runs both up to the next comparison. Throws MonitorFault: as `Machine.run`, or where they differ. */
  run(): SliceEnd {
    this.takeInput();
    const { reference } = this.pair;
    this.retiredAtTurn = reference.machine.retired;
    const { end, difference } = this.history.turn(this.pair, this.turns++);
    const found = difference ?? this.compareMemory(end);
    if (found) throw this.report(found);
    if (end.kind === "fault") throw end.fault;
    return end;
  }

  private happen(happening: Happening): void {
    this.history.happenings.push(happening);
    this.history.apply(this.pair, happening);
  }

  /** Input comes only here, so both get it at the same count. */
  private takeInput(): void {
    for (const [port, source] of this.sources.entries()) {
      if (source.length === 0 || !this.pair.sides.every((side) => side.hungry(port))) continue;
      const bytes = this.received.slice(0, source.peek(this.received));
      source.advance(bytes.length);
      this.happen({ turn: this.turns, kind: "input", port, bytes });
    }
  }

  /** When it is time, or the machine stops here. */
  private compareMemory(end: End): Difference | null {
    const { reference, subject } = this.pair;
    const { retired } = reference.machine;
    const stops = end.kind !== "slice" && end.kind !== "idle";
    if (!stops && retired - this.memoryRetired < MEMORY_INSTRUCTIONS) return null;
    const pages = reference.memory.differences(subject.memory, PAGES);
    if (pages.length > 0) return { state: [], pages, other: [] };
    this.memoryTurn = this.turns;
    this.memoryRetired = retired;
    return null;
  }

  private report(difference: Difference): Error {
    const { subject } = this.parts;
    const { pages } = difference;
    const from = pages.length > 0 ? this.memoryRetired : this.retiredAtTurn;
    const to = this.pair.reference.machine.retired;
    const search = new Search(this.history, this.reference);
    const alike = pages.length > 0 ? this.memoryTurn : this.turns - 1;
    const interval = search.narrow(subject.make, { alike, different: this.turns, pages });
    const finding = interval && search.find(subject.ways, interval);
    const noticed = { from, to, difference };
    return finding ? foundReport(subject.name, noticed, finding) : unfoundReport(subject.name, noticed);
  }
}
