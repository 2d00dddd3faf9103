/** Commands whose output is a guest's console. */
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { byLine, ConsoleProcess } from "../../bench/console-process.js";

const node = (script: string): [string, ...string[]] => [process.execPath, "-e", script];

describe("lines", () => {
  it("come whole, however the text was cut, and without their ends", () => {
    const lines: string[] = [];
    const hear = byLine((line) => lines.push(line));
    for (const piece of ["on", "e\r\ntwo\nth", "ree", "\n\nrest"]) hear(piece);
    expect(lines).toEqual(["one", "two", "three", ""]);
  });
});

describe("a console's process", () => {
  it("is heard and typed at, and its end has a code", async () => {
    let heard = "";
    const process = new ConsoleProcess(
      node("process.stdin.once('data', (text) => { console.log(text + 'back'); process.exit(3); })"),
      (text) => {
        heard += text;
      },
    );
    process.type("there and ");
    expect(await process.ended).toBe(3);
    expect(heard).toBe("there and back\n");
  });
  it("keeps standard error apart from the console, but shows it where one asks for its end", async () => {
    let heard = "";
    const process = new ConsoleProcess(node("console.error('no such kernel')"), (text) => {
      heard += text;
    });
    await process.ended;
    expect([heard, process.tail]).toEqual(["", "no such kernel\n"]);
  });
  it("that cannot be started has ended, and says why", async () => {
    const process = new ConsoleProcess(["/no/such/program"]);
    expect(await process.ended).not.toBe(0);
    expect(process.tail).toContain("ENOENT");
  });
  it("takes what it has started along when it ends", async () => {
    // The child of the child holds a connection for as long as it lives.
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const connected = once(server, "connection");
    const grandchild = `require("node:net").connect(${address.port}, "127.0.0.1"); setInterval(() => undefined, 1000)`;
    const script = `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(grandchild)}], { stdio: "ignore" })`;
    const process = new ConsoleProcess(node(script));
    const [socket] = await connected;
    const gone = new Promise<void>((resolve) => socket.on("error", () => undefined).on("close", () => resolve()));
    socket.resume();
    await process.end();
    await gone;
    server.close();
  });
});
