import { expect, it } from "vitest";
import { ConsoleKeys } from "../../clients/cli/src/console-keys.js";

/** Keys as text, wishes in angle brackets; each element is what one read brought. */
function typed(...reads: string[]): string {
  const keys = new ConsoleKeys();
  let seen = "";
  for (const read of reads) {
    keys.read(
      Buffer.from(read, "latin1"),
      (bytes) => {
        seen += Buffer.from(bytes).toString("latin1");
      },
      (wish) => {
        seen += `<${wish}>`;
      },
    );
  }
  return seen;
}

it.each([
  ["a tilde at the very beginning", ["~."], "<leave>"],
  ["behind Enter, key by key", ["a", "\r", "~", "."], "a\r<leave>"],
  ["help, and on", ["\n~?x"], "\n<help>x"],
  ["the take-over", ["~t~."], "<take over><leave>"],
])("leaves the keys to this side: %s", (_, reads, seen) => {
  expect(typed(...reads)).toBe(seen);
});

it.each([
  ["a tilde inside a line", ["cd ~.\r"], "cd ~.\r"],
  ["what is no wish, with its tilde", ["~x~."], "~x~."],
  ["two tildes, as one", ["\r~~.\r"], "\r~.\r"],
  ["Ctrl-C, and bytes that are no text", ["\x03\xff\x00"], "\x03\xff\x00"],
])("leaves the keys to the guest: %s", (_, reads, seen) => {
  expect(typed(...reads)).toBe(seen);
});
