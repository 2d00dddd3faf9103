import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Console, inputLimit, type Viewer } from "../../src/worker/console/console.js";
import { ScrollbackRing } from "../../src/worker/console/ring.js";
import { ScrollbackFile } from "../../src/worker/console/scrollback-file.js";

const KiB = 1024;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "worldswitch-console-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Bytes that say where they are: the offset modulo 251. */
const bytesAt = (offset: number, length: number) => Buffer.from(Array.from({ length }, (_, i) => (offset + i) % 251));

describe("the ring", () => {
  it.each([
    ["one byte at a time", [1]],
    ["chunks that don't divide its size", [7, 4095, 4097, 13]],
    ["chunks larger than itself", [20_000]],
  ])("keeps the last bytes, given %s", (_how, sizes) => {
    const ring = new ScrollbackRing(16 * KiB);
    for (let i = 0; ring.end < 50_000; i++) ring.append(bytesAt(ring.end, sizes[i % sizes.length]));
    expect(ring.end - ring.start).toBe(16 * KiB);
    expect(ring.read(ring.start, 16 * KiB).equals(bytesAt(ring.start, 16 * KiB))).toBe(true);
    expect(ring.read(ring.end - 5, 100).equals(bytesAt(ring.end - 5, 5))).toBe(true);
  });

  it("begins at any offset, and grows without losing any", () => {
    const ring = new ScrollbackRing(64 * KiB, 1_000_003);
    while (ring.end < 1_000_003 + 40 * KiB) ring.append(bytesAt(ring.end, 1000));
    expect(ring.start).toBe(1_000_003);
    expect(ring.read(ring.start, 64 * KiB).equals(bytesAt(1_000_003, ring.end - ring.start))).toBe(true);
  });

  it("refuses an offset that it doesn't have", () => {
    const ring = new ScrollbackRing(4 * KiB);
    ring.append(bytesAt(0, 5000));
    expect(() => ring.read(ring.start - 1, 1)).toThrow(RangeError);
    expect(() => ring.read(ring.end + 1, 1)).toThrow(RangeError);
  });
});

describe("the file", () => {
  const write = (file: ScrollbackFile, from: number, to: number, step: number) => {
    for (let at = from; at < to; at += step) file.append(bytesAt(at, Math.min(step, to - at)));
  };

  it("gives back what was written, whoever wrote it was killed or not", () => {
    write(new ScrollbackFile(folder), 0, 100_000, 777);
    const { bytes, end } = new ScrollbackFile(folder).load();
    expect(end).toBe(100_000);
    expect(bytes.equals(bytesAt(0, 100_000))).toBe(true);
  });

  it("keeps at least 256 KiB and not much more, and offsets go on", async () => {
    write(new ScrollbackFile(folder), 0, 1_500_000, 10_000);
    write(new ScrollbackFile(folder), 1_500_000, 2_000_000, 10_000);
    const { bytes, end } = new ScrollbackFile(folder).load();
    expect(end).toBe(2_000_000);
    expect(bytes.length).toBeGreaterThanOrEqual(256 * KiB);
    expect(bytes.length).toBeLessThan(3 * 256 * KiB + 10_000);
    expect(bytes.equals(bytesAt(end - bytes.length, bytes.length))).toBe(true);
    expect((await readdir(folder)).length).toBeLessThanOrEqual(3);
  });
});

class Person implements Viewer {
  mayWrite: boolean;
  paused = false;
  told: string[] = [];
  constructor(mayWrite: boolean) {
    this.mayWrite = mayWrite;
  }
  wake() {}
  roleChanged() {
    this.told.push("role");
  }
  machineEnded(reason: string) {
    this.told.push(`exit ${reason}`);
  }
  gone() {
    this.told.push("gone");
  }
  pause() {
    this.paused = true;
  }
  resume() {
    this.paused = false;
  }
}

describe("a console", () => {
  const open = () => new Console(folder, pino({ level: "silent" }));

  it("keeps its scrollback and its offsets from one worker to the next", () => {
    const before = open();
    before.output(Buffer.from("before "));
    const after = open();
    expect(after.ring.end).toBe(7);
    after.output(Buffer.from("after"));
    expect(after.ring.read(0, 100).toString()).toBe("before after");
  });

  it("has one writer: the first that may write, until it leaves or another takes over", () => {
    const console = open();
    const [watcher, first, second] = [new Person(false), new Person(true), new Person(true)];
    for (const person of [watcher, first, second]) console.attach(person);
    expect(console.writer).toBe(first);
    expect(console.takeOver(watcher)).toBe(false);
    expect(console.takeOver(second)).toBe(true);
    expect(console.writer).toBe(second);
    expect([watcher, first, second].map(({ told }) => told.at(-1))).toEqual(["role", "role", "role"]);
    console.detach(second);
    expect(console.writer).toBe(first);
    console.detach(first);
    expect(console.writer).toBeNull();
  });

  it("takes keys from the writer only", () => {
    const console = open();
    const [writer, other] = [new Person(true), new Person(true)];
    const typed: string[] = [];
    console.connect((data) => typed.push(Buffer.from(data).toString()));
    console.attach(writer);
    console.attach(other);
    console.input(other, Buffer.from("no"));
    console.input(writer, Buffer.from("yes"));
    expect(typed).toEqual(["yes"]);
  });

  it("gives the machine at most 64 KiB that it hasn't taken, then holds the writer back, and loses nothing", () => {
    const console = open();
    const writer = new Person(true);
    const given: Uint8Array[] = [];
    let untaken = 0;
    console.attach(writer);
    console.connect((data) => {
      given.push(data);
      untaken += data.length;
      expect(untaken).toBeLessThanOrEqual(inputLimit);
    });
    let sent = 0;
    while (sent < 1_000_000) {
      while (!writer.paused && sent < 1_000_000) {
        console.input(writer, bytesAt(sent, 9_999));
        sent += 9_999;
      }
      expect(untaken).toBe(Math.min(inputLimit, untaken));
      const taken = Math.min(untaken, 5_000);
      untaken -= taken;
      console.taken(taken);
    }
    while (untaken > 0) {
      const taken = Math.min(untaken, 5_000);
      untaken -= taken;
      console.taken(taken);
    }
    expect(writer.paused).toBe(false);
    expect(Buffer.concat(given).equals(bytesAt(0, sent))).toBe(true);
  });

  it("keeps keys for a machine that is about to begin, and forgets those that an ended one hasn't taken", () => {
    const console = open();
    const writer = new Person(true);
    const typed: string[] = [];
    const sink = (data: Uint8Array) => typed.push(Buffer.from(data).toString());
    console.attach(writer);
    console.input(writer, Buffer.from("early"));
    console.connect(sink);
    expect(typed).toEqual(["early"]);
    console.input(writer, Buffer.alloc(2 * inputLimit));
    expect(writer.paused).toBe(true);
    console.disconnect("poweroff");
    expect(writer.paused).toBe(false);
    expect(writer.told.at(-1)).toBe("exit poweroff");
    typed.length = 0;
    console.connect(sink);
    expect(typed).toEqual([]);
  });

  it("lets the writer that was overruled be read again, and holds the new one to the same limit", () => {
    const console = open();
    const [first, second] = [new Person(true), new Person(true)];
    console.attach(first);
    console.attach(second);
    console.input(first, Buffer.alloc(inputLimit));
    expect(first.paused).toBe(true);
    console.takeOver(second);
    expect(first.paused).toBe(false);
    console.input(second, Buffer.from("x"));
    expect(second.paused).toBe(true);
  });
});
