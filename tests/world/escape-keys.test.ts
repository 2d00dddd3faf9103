import { describe, expect, it } from "vitest";
import { EscapeKeys } from "../../src/command/console-terminal.js";

const read = (typed: EscapeKeys, text: string) => {
  const { keys, leave } = typed.read(Buffer.from(text));
  return [Buffer.from(keys).toString(), leave];
};

describe("escape keys of a terminal", () => {
  it("leave with Ctrl-A x, also typed slowly, after handing over what came before", () => {
    const keys = new EscapeKeys();
    expect(read(keys, "ls\r\x01")).toEqual(["ls\r", false]);
    expect(read(keys, "xyz")).toEqual(["", true]);
  });

  it("type Ctrl-A with Ctrl-A Ctrl-A or Ctrl-A a", () => {
    expect(read(new EscapeKeys(), "\x01\x01-\x01a-x")).toEqual(["\x01-\x01-x", false]);
  });
});
