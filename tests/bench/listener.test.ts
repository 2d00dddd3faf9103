/** What a soak takes for a difference. */
import { describe, expect, it } from "vitest";
import { Listener } from "../../bench/soak/listener.js";
import { talkText } from "../../bench/soak/talk.js";
import type { Row } from "../../bench/suite/row.js";

const expected: Row[] = [{ group: "kernel", name: "fork", seconds: 0.1, units: 30, checksum: "7ad8f1f6" }];

function listenerOf(...lines: string[]): { listener: Listener; typed: string[] } {
  const typed: string[] = [];
  const listener = new Listener(expected, (text) => typed.push(text));
  for (const line of ["a kernel's word", "bench ready", ...lines]) listener.hear(line);
  return { listener, typed };
}

describe("a soaking machine's console", () => {
  it("is right where checksums, talk and echoes are", () => {
    const { listener } = listenerOf(
      "row kernel fork 0.5 30 7ad8f1f6",
      `said 0 ${talkText(0)}`,
      `said 1 ${talkText(1)}`,
      `heard ${talkText(0)}`,
      `heard ${talkText(1)}`,
    );
    expect(listener.differences).toEqual([]);
    expect([listener.rows, listener.said, listener.heard]).toEqual([1, 2, 2]);
  });
  it("is typed at a line at a time, once it has begun to talk", () => {
    expect(listenerOf().typed).toEqual([]);
    expect(listenerOf(`said 0 ${talkText(0)}`, `said 1 ${talkText(1)}`).typed).toEqual([`${talkText(0)}\n`]);
    expect(listenerOf(`said 0 ${talkText(0)}`, `heard ${talkText(0)}`).typed).toEqual([`${talkText(0)}\n`, `${talkText(1)}\n`]);
  });
  it.each([
    ["another checksum", "row kernel fork 0.5 30 7ad8f1f7"],
    ["a row of other units", "row kernel fork 0.5 31 7ad8f1f6"],
    ["a row that ended badly", "failed kernel fork 11"],
    ["talk out of its order", `said 1 ${talkText(1)}`],
    ["talk with a letter missing", `said 0 ${talkText(0).slice(1)}`],
    ["an echo of what wasn't typed", `heard ${talkText(3)}`],
    ["a kernel's complaint", "[ 12.3] BUG: unable to handle page fault"],
    ["an empty line", ""],
  ])("differs by %s", (_, line) => {
    expect(listenerOf(line).listener.differences).toHaveLength(1);
  });
});

describe("the talk", () => {
  it("is sixty letters of each line's own", () => {
    const lines = Array.from({ length: 100 }, (_, number) => talkText(number));
    for (const line of lines) expect(line).toMatch(/^[a-z]{60}$/);
    expect(new Set(lines).size).toBe(100);
  });
});
