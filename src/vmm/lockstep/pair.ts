import { JUMP_CACHE, STATE } from "../cpu/layout.js";
import { CpuState } from "../cpu/state.js";
import { LONGEST_RUN } from "../interpreter/code-cache.js";
import type { Boot, InputSource, Machine, MachineParts, SliceEnd } from "../machine.js";
import { MonitorFault } from "../monitor-fault.js";
import { GuestMemory } from "./guest-memory.js";
import { type StateDifference, stateDifferences } from "./state-words.js";

/** How a run of one machine ended: as a slice does, or because the monitor can't go on. */
export type End = SliceEnd | { kind: "fault"; fault: MonitorFault };

/** Where a machine is: both are compared only where they are at the same place. */
interface Place {
  readonly retired: number;
  readonly timeNs: number;
  /** Where nothing retires because one fault leads to the next. */
  readonly delivered: number;
}

/** What the machines of a pair differ in. */
export interface Difference {
  readonly state: readonly StateDifference[];
  /** Physical page numbers. */
  readonly pages: readonly number[];
  /** What else: how they ended, what they sent. */
  readonly other: readonly string[];
}

/** A guest that retires nothing is left after so much guest time. */
const LONGEST_REST_NS = 1e8;
const SLICE: End = { kind: "slice" };

/** Input of one port, handed to both machines at the same count. */
class Queue implements InputSource {
  private readonly bytes: number[] = [];

  get length(): number {
    return this.bytes.length;
  }
  peek(into: Uint8Array): number {
    const count = Math.min(into.length, this.bytes.length);
    into.set(this.bytes.slice(0, count));
    return count;
  }
  advance(count: number): void {
    this.bytes.splice(0, count);
  }
  put(bytes: Uint8Array): void {
    this.bytes.push(...bytes);
  }
}

/** One of the two machines. */
export class Side {
  readonly state: CpuState;
  readonly memory: GuestMemory;
  readonly machine: Machine;
  /** A digest of what it sent. */
  sent = 0;
  private readonly queues: readonly Queue[];

  constructor(make: (parts: MachineParts) => Machine, parts: Omit<MachineParts, "input">, ports: number) {
    this.state = new CpuState(parts.memory);
    // The state area may have been another machine's.
    this.state.u8.fill(0, STATE, JUMP_CACHE);
    this.memory = new GuestMemory(parts.memory);
    this.queues = Array.from({ length: ports }, () => new Queue());
    const digest = (port: number, byte: number) => {
      this.sent = (Math.imul(this.sent ^ byte ^ (port << 8), 0x0100_0193) + 1) | 0;
    };
    const serialSink = (port: number, byte: number) => {
      digest(port, byte);
      parts.serialSink(port, byte);
    };
    this.machine = make({ ...parts, serialSink, input: this.queues });
  }

  get place(): Place {
    const { retired, guestTime: timeNs, delivered } = this.machine;
    return { retired, timeNs, delivered };
  }
  put(port: number, bytes: Uint8Array): void {
    this.queues[port].put(bytes);
  }
  /** Whether the guest has taken all input of a port. */
  hungry(port: number): boolean {
    return this.queues[port].length === 0;
  }

  /** Goes on for so many instructions, exactly unless something else comes up or none retire, in slices of so many. */
  goOn(instructions: number, slice = instructions): End {
    const start = this.place;
    let end = SLICE;
    for (let left = instructions; left > 0 && end.kind === "slice"; left = start.retired + instructions - this.machine.retired) {
      const before = this.place;
      end = this.run(Math.min(left, slice), left <= slice + LONGEST_RUN);
      const { retired, timeNs } = this.place;
      if (retired === before.retired && timeNs === before.timeNs) break;
      if (timeNs - start.timeNs > LONGEST_REST_NS + instructions) break;
    }
    return end;
  }

  /** Goes on with one translated region, of which it executes no more than so many instructions, or where there is none with one instruction. */
  goOnByRegion(instructions: number): End {
    const { retired } = this.machine;
    const end = this.attempt(() => this.machine.runRegion(instructions));
    return end.kind === "slice" && this.machine.retired === retired ? this.goOn(1) : end;
  }

  /** Goes to where the other is, to end there as it did. */
  follow(to: Place, otherEnd: End): End {
    let end = SLICE;
    while (end.kind === "slice") {
      const { retired, timeNs, delivered } = this.place;
      if (retired < to.retired) end = this.run(to.retired - retired, true);
      else if (timeNs < to.timeNs) end = this.run(1, true);
      else if (delivered < to.delivered) end = this.run(to.delivered - delivered, true);
      else break;
    }
    // What ended the other's run may come up only now, before another instruction.
    return end.kind === "slice" && otherEnd.kind !== "slice" ? this.run(1, true) : end;
  }

  run(instructions: number, exact: boolean): End {
    return this.attempt(() => this.machine.run(instructions, exact));
  }
  private attempt(run: () => SliceEnd): End {
    try {
      return run();
    } catch (fault) {
      if (fault instanceof MonitorFault) return { kind: "fault", fault };
      throw fault;
    }
  }
}

/** Two machines that ought to do the same: a reference, and the subject that is held against it. */
export class Pair {
  constructor(
    readonly reference: Side,
    readonly subject: Side,
  ) {}

  get sides(): readonly Side[] {
    return [this.reference, this.subject];
  }

  boot(boot: Boot): void {
    for (const { machine } of this.sides) machine.boot(boot);
  }

  /** Both go on, the subject first. Gives how they ended, and what they then differ in, `pages` included; null: nothing. */
  turn(advance: (subject: Side) => End, pages: readonly number[] = []): { end: End; difference: Difference | null } {
    const subjectEnd = advance(this.subject);
    const end = this.reference.follow(this.subject.place, subjectEnd);
    return { end, difference: this.difference(end, subjectEnd, pages) };
  }

  private difference(end: End, subjectEnd: End, among: readonly number[]): Difference | null {
    const { reference, subject } = this;
    const state = stateDifferences(reference.state, subject.state);
    const pages = reference.memory.differences(subject.memory, among.length, among);
    const other: string[] = [];
    const say = (what: string, one: unknown, two: unknown) => {
      if (one !== two) other.push(`${what}: ${one} and ${two}`);
    };
    say("how it goes on", describe(end), describe(subjectEnd));
    say("instructions retired", reference.machine.retired, subject.machine.retired);
    say("deliveries", reference.machine.delivered, subject.machine.delivered);
    say("guest time", reference.machine.guestTime, subject.machine.guestTime);
    say("what was sent", reference.sent, subject.sent);
    return state.length + pages.length + other.length > 0 ? { state, pages, other } : null;
  }
}

function describe(end: End): string {
  switch (end.kind) {
    case "idle":
      return `idle for ${end.ns} ns`;
    case "reset":
      return `reset by ${end.cause}`;
    case "exit":
      return `exit ${end.code}`;
    case "fault":
      return `${end.fault.code}: ${end.fault.message}`;
    default:
      return end.kind;
  }
}
