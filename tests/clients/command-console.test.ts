/** `worldswitch vm console`: on a terminal, and in a pipe. The tiny guest echoes what is typed. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { READY } from "../guests/tiny-guest.js";
import { type Installation, startInstallation } from "./installation.js";
import { TerminalCommand, whyNoTerminal } from "./pty.js";

const bin = fileURLToPath(new URL("../../bin/worldswitch.js", import.meta.url));
if (whyNoTerminal) console.warn(`skipped: ${whyNoTerminal}`);

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation();
});
afterAll(() => installation?.close());

const env = () => ({ WORLDSWITCH_URL: installation.proxy.url, WORLDSWITCH_TOKEN: installation.served.token });

describe.skipIf(whyNoTerminal)("on a terminal", () => {
  const terminals: TerminalCommand[] = [];
  afterEach(() => {
    for (const terminal of terminals.splice(0)) terminal.kill();
  });

  function open(...args: string[]): TerminalCommand {
    const terminal = new TerminalCommand([process.execPath, bin, "vm", "console", ...args], env());
    terminals.push(terminal);
    return terminal;
  }

  it("every key is the guest's, Ctrl-C too, until the person leaves", async () => {
    await installation.tiny({ name: "typed" });
    const terminal = open("typed");
    await terminal.shows("ready");
    terminal.type("abc");
    await terminal.shows("abc");
    terminal.type("\x03\x1a\x04.");
    await terminal.shows("\x03\x1a\x04.");
    terminal.type("\r~?");
    await terminal.shows("~.   leave the console");
    terminal.type("\r~.");
    expect(await terminal.end()).toBe(0);
    // Typed once, echoed once: by the guest, and not by this terminal.
    expect(terminal.screen.match(/abc/g)).toHaveLength(1);
  });

  it("a cut connection is told, and nothing of what is typed meanwhile is lost", async () => {
    await installation.tiny({ name: "cut" });
    const terminal = open("cut");
    await terminal.shows("ready");
    installation.proxy.refuse(true);
    installation.proxy.cut();
    await terminal.shows("[the connection is lost; trying again]");
    terminal.type("xyz");
    installation.proxy.refuse(false);
    await terminal.shows("[connected again]");
    await terminal.shows("xyz");
    terminal.type("\r~.");
    expect(await terminal.end()).toBe(0);
    expect(terminal.screen.match(/ready/g)).toHaveLength(1);
  });

  it("the keyboard is somebody's, and can be taken over", async () => {
    const vm = await installation.tiny({ name: "shared" });
    const first = open("shared");
    await first.shows("ready");
    const second = open("shared");
    await second.shows("[somebody else has the keyboard, or the token may only watch: ~t takes it over]");
    second.type("~t");
    await second.shows("[the keyboard is yours]");
    await first.shows("[somebody else has the keyboard");
    second.type("mine");
    await first.shows("mine");
    await vm.delete();
    await first.shows("[the machine is deleted]");
    expect([await first.end(), await second.end()]).toEqual([0, 0]);
  });

  it("the end of the machine is told, and the console waits for its next start", async () => {
    const vm = await installation.tiny({ name: "ending" });
    const terminal = open("ending");
    await terminal.shows("ready");
    terminal.type("!");
    await terminal.shows("[the machine ended: halted");
    await vm.wait("stopped");
    await vm.start();
    await terminal.shows("ready");
    terminal.type("\r~.");
    expect(await terminal.end()).toBe(0);
  });

  it("is as it was before, however it ends", async () => {
    const vm = await installation.tiny({ name: "left" });
    const terminal = new TerminalCommand(
      [
        "sh",
        "-c",
        `stty -a >/tmp/$$; "$@"; stty -a | diff /tmp/$$ - && echo the same; rm /tmp/$$`,
        "sh",
        process.execPath,
        bin,
        "vm",
        "console",
        "left",
      ],
      env(),
    );
    terminals.push(terminal);
    await terminal.shows("ready");
    await vm.delete();
    await terminal.shows("the same");
    expect(await terminal.end()).toBe(0);
  });
});

describe("in a pipe", () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });

  function piped(...args: string[]) {
    const { PATH = "" } = process.env;
    const child = spawn(process.execPath, [bin, "vm", ...args], { env: { PATH, ...env() }, stdio: ["pipe", "pipe", "inherit"] });
    children.push(child);
    return child;
  }

  it("what comes in is typed, and an interruption ends it", async () => {
    await installation.tiny({ name: "piped" });
    const child = piped("console", "piped");
    child.stdin.end("abc");
    let text = "";
    for await (const bytes of child.stdout) {
      text += String(bytes);
      if (text.endsWith("abc")) break;
    }
    expect(text).toBe(`${READY}abc`);
    const ended = once(child, "exit");
    child.kill("SIGINT");
    expect(await ended).toEqual([130, null]);
  });

  it("a reader that has seen enough is no failure", async () => {
    const vm = await installation.tiny({ name: "head" });
    const child = piped("console", "head", "--watch");
    await once(child.stdout, "data");
    child.stdout.destroy();
    const opened = vm.console({ from: "end" });
    const ended = once(child, "exit").then(([code]) => opened.close() ?? code);
    // Whatever comes next meets nobody.
    await opened.write("more of it");
    expect(await ended).toBe(0);
  });

  it("nor is one that has seen enough of a long log", async () => {
    const vm = await installation.tiny({ name: "long" });
    const opened = vm.console();
    await opened.write("f");
    await opened.expect("x\n");
    opened.close();
    const child = piped("logs", "long");
    await once(child.stdout, "readable");
    child.stdout.destroy();
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});
