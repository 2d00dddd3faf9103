/** What the suite prints. */
import { describe, expect, it } from "vitest";
import { report, type SuiteRun } from "../../bench/suite/report.js";
import type { Row } from "../../bench/suite/row.js";

const row = (name: string, seconds: number, checksum = "00000001"): Row => ({ group: "integer", name, seconds, units: 10, checksum });
const native = [row("sieve", 1), row("fib", 1)];

function run(engine: string, turn: number, rows: Row[], more: Partial<SuiteRun> = {}): SuiteRun {
  return { engine, turn, rows, native, rival: engine !== "ours", version: "1", scale: 1, starts: {}, uses: [], failures: [], ...more };
}

/** The cells of the line that begins so. */
const cells = (text: string, first: string) =>
  text
    .split("\n")
    .find((line) => line.startsWith(first))
    ?.slice(first.length)
    .trim()
    .split(/ {2,}/);

describe("the suite's report", () => {
  const runs = [
    run("ours", 1, [row("sieve", 2), row("fib", 8)]),
    run("QEMU", 1, [row("sieve", 4), row("fib", 4)]),
    run("ours", 2, [row("sieve", 3), row("fib", 12)]),
    run("QEMU", 2, [row("sieve", 6), row("fib", 6)]),
  ];

  it("has each row's slowdown and its ratio within a turn, with the spread", () => {
    expect(cells(report(runs), "  sieve")).toEqual(["1000 (1000-1000)", "2.50 (2.00-3.00)", "5.00 (4.00-6.00)", "0.50 (0.50-0.50)"]);
  });
  it("has the geometric mean of a group, turn by turn", () => {
    expect(cells(report(runs), "integer: geometric mean")).toEqual(["5.00 (4.00-6.00)", "5.00 (4.00-6.00)", "1.00 (1.00-1.00)"]);
  });
  it("names the rows in which a rival is faster", () => {
    expect(report(runs)).toContain("ours is slower than the better rival in 1 of 2 rows: fib 2.00\n");
  });
  it("compares starts by their seconds", () => {
    const boots = [run("ours", 1, [], { starts: { boot: 3 } }), run("QEMU", 1, [], { starts: { boot: 2 } })];
    expect(cells(report(boots), "boot")).toEqual(["3.00", "2.00", "1.50"]);
  });
  it("shows what a process uses after each repeat", () => {
    const uses = [1, 2].map((n) => ({ residentMiB: 100 * n, memoryMaps: 300 + n, cpuSeconds: n }));
    expect(cells(report([run("ours", 1, [row("sieve", 1)], { uses })]), "ours, repeat 2")).toEqual(["200", "302", "2"]);
  });
  it("is loud about checksums that differ, and quiet where they are equal", () => {
    expect(report(runs)).toContain("All checksums are equal.\n");
    const wrong = report([run("ours", 1, [row("sieve", 1, "deadbeef")])]);
    expect(wrong).toContain("CHECKSUMS DIFFER:\n  sieve, 10 units: 00000001 (native) against deadbeef (ours)\n");
  });
  it("lists what failed", () => {
    expect(report([run("ours", 2, [], { failures: ["kernel fork ended badly (status 11)"] })])).toContain(
      "FAILED in turn 2, ours: kernel fork ended badly (status 11)\n",
    );
  });
});
