import { expect, it } from "vitest";
import { mark } from "../../clients/typescript/src/shell-line.js";
import { ShellOutput } from "../../clients/typescript/src/shell-output.js";

const [begin, end] = [mark("begin", "1"), mark("end", "1")];

/** A console's text in pieces of `size`, as a command's output. */
function seen(text: string, size: number) {
  const told: string[] = [];
  const output = new ShellOutput(begin, end, (part) => told.push(part));
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) output.add(bytes.subarray(at, at + size));
  return { output: output.output, exitCode: output.exitCode, told: told.join("") };
}

const echo = `# echo ${begin.typed}; (eval "$__ws_command"); echo ${end.typed}:$?:\r\n`;

it.each([1, 2, 7, 1000])("is what stands between the marks, however it comes: %i bytes at a time", (size) => {
  const text = `${echo}${begin.printed}\r\none\r\ntwö\r\nws-en\r${end.printed}:42:\r\n# `;
  expect(seen(text, size)).toEqual({ output: "one\ntwö\nws-en\r", exitCode: 42, told: "one\ntwö\nws-en\r" });
});

it("is told as soon as it is certain", () => {
  expect(seen(`${begin.printed}\r\nPassword: `, 1)).toEqual({ output: "Password: ", exitCode: null, told: "Password: " });
  expect(seen(`${begin.printed}\r\nws-e`, 1000)).toMatchObject({ told: "" });
});
