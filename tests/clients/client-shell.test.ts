/** Commands on the serial shell of a real Debian guest, by the SDK and by the command line. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Shell, TimeoutError, type Vm, VmStateError } from "@worldswitch/client";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { cacheSetting, whyAbsent } from "../guests/catalog-image.js";
import { HANG_TEST_MS } from "../guests/guest-console.js";
import { worldswitch } from "./command.js";
import { type Installation, startInstallation } from "./installation.js";
import { TerminalCommand, whyNoTerminal } from "./pty.js";

vi.setConfig({ testTimeout: HANG_TEST_MS, hookTimeout: HANG_TEST_MS });

const absent = await whyAbsent("debian-mini");
const bin = fileURLToPath(new URL("../../bin/worldswitch.js", import.meta.url));

describe.skipIf(absent)(`debian-mini${absent ? `, which cannot be had: ${absent}` : ""}`, () => {
  let installation: Installation;
  let vm: Vm;
  let shell: Shell;
  let home: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "worldswitch-home-"));
    installation = await startInstallation(cacheSetting());
    vm = await installation.client().vms.create({ image: "debian-mini", name: "debian" });
    shell = await vm.shell();
  });
  afterAll(async () => {
    shell?.close();
    await installation?.close();
    await rm(home, { recursive: true, force: true });
  });

  const env = () => ({ HOME: home, WORLDSWITCH_URL: installation.proxy.url, WORLDSWITCH_TOKEN: installation.served.token });

  it("runs a command as soon as there is a shell, with its output and its exit code", async () => {
    const { output, exitCode } = await shell.sh("uname -sn");
    expect([output, exitCode]).toEqual(["Linux debian-mini\n", 0]);
    expect(await shell.sh("echo partly; echo wrong >&2; exit 3")).toEqual({ output: "partly\nwrong\n", exitCode: 3 });
    expect(await shell.sh("kill -9 $(sh -c 'echo $PPID')")).toMatchObject({ exitCode: 137 });
    expect(await shell.sh("true")).toEqual({ output: "", exitCode: 0 });
    expect(await shell.sh("printf 'no newline'")).toEqual({ output: "no newline", exitCode: 0 });
  });

  it.each([
    ["quotes of both kinds", `echo "it's" 'a "test"' \\$HOME`, `it's a "test" $HOME\n`],
    ["lines, tabs and comments", 'for i in 1 2; do\n\techo "$i\tof 2" # and so on\ndone\n', "1\tof 2\n2\tof 2\n"],
    ["letters beyond ASCII", "echo 'grüß göd 🐧'", "grüß göd 🐧\n"],
    ["a here document", "cat <<'END'\n  $x `y` \\\nEND", "  $x `y` \\\n"],
    ["what looks like the marks around it", "echo \"ws''-end\"; echo 'ws-end-0:1:'", "ws''-end\nws-end-0:1:\n"],
    ["more than a line of a terminal takes", `echo ${"x".repeat(6000)} | wc -c`, "6001\n"],
    ["trailing newlines", "echo; echo", "\n\n"],
  ])("takes %s as they are", async (_, command, output) => {
    expect(await shell.sh(command)).toEqual({ output, exitCode: 0 });
  });

  it("brings all of a long output, piece by piece", async () => {
    let pieces = "";
    const { output } = await shell.sh("seq 1 20000", {
      onOutput: (text) => {
        pieces += text;
      },
    });
    expect(output).toBe(Array.from({ length: 20_000 }, (_, i) => `${i + 1}\n`).join(""));
    expect(pieces).toBe(output);
  });

  it("loses nothing when the connection is cut in the middle", async () => {
    let cuts = 0;
    const { output, exitCode } = await shell.sh("for i in 1 2 3 4 5; do echo line $i; sleep 1; done; exit 5", {
      onOutput: () => {
        if (++cuts <= 2) installation.proxy.cut();
      },
    });
    expect([output, exitCode]).toEqual(["line 1\nline 2\nline 3\nline 4\nline 5\n", 5]);
    expect(cuts).toBeGreaterThanOrEqual(2);
  });

  it("begins each command where the shell is, not where the last one went", async () => {
    await shell.sh("cd /tmp; leftover=1");
    expect((await shell.sh('pwd; echo "[$leftover]"')).output).toBe("/root\n[]\n");
  });

  it("gives up a command when it is told to or time is up, and goes on with the next", async () => {
    const enough = new AbortController();
    const slow = shell.sh("echo begun; sleep 1000", { signal: enough.signal, onOutput: () => enough.abort(new Error("seen enough")) });
    await expect(slow).rejects.toThrow("seen enough");
    expect(await shell.sh("echo on")).toEqual({ output: "on\n", exitCode: 0 });
    await expect(shell.sh("sleep 1000", { timeoutMs: 1 })).rejects.toThrow(TimeoutError);
    expect(await shell.sh("echo and on")).toEqual({ output: "and on\n", exitCode: 0 });
  });

  it("finds its way past a line that somebody has begun, and does not run it", async () => {
    const other = await vm.shell({ takeOver: true });
    await other.console.write("touch /tmp/half-a-line");
    await other.console.expect("half-a-line");
    expect(await other.sh("test -e /tmp/half-a-line")).toEqual({ output: "", exitCode: 1 });
    other.close();
    await shell.console.takeOver();
  });

  it("says that somebody else types", async () => {
    await expect(vm.sh("true")).rejects.toThrow("somebody else writes on this console");
    expect(await vm.sh("echo mine", { takeOver: true })).toEqual({ output: "mine\n", exitCode: 0 });
    await shell.console.takeOver();
  });

  it("is run by the command line, which ends as the command did", async () => {
    shell.close();
    const ran = await worldswitch(["vm", "sh", "debian", "--", "ls", "-d", "/bin", "&&", "exit", "7"], { env: env() });
    expect(ran).toEqual({ code: 7, stdout: "/bin\n", stderr: "" });
    const { code, stdout } = await worldswitch(["vm", "sh", "debian", "false", "--json"], { env: env() });
    expect([code, JSON.parse(stdout)]).toEqual([0, { output: "", exitCode: 1 }]);
  });

  it.skipIf(whyNoTerminal)("is typed to on a terminal", async () => {
    const terminal = new TerminalCommand([process.execPath, bin, "vm", "console", "debian", "--from", "end"], env());
    await terminal.shows("connected");
    terminal.type("echo $((6*7))$((1))\r");
    await terminal.shows("421");
    // Ctrl-C stops what runs in the guest, and nothing here.
    terminal.type("sh -c 'echo run''ning; sleep 1000'\r");
    await terminal.shows("running");
    terminal.type("\x03");
    await terminal.shows("# ");
    terminal.type("~x\r");
    await terminal.shows("x: ");
    terminal.type("\r~.");
    expect(await terminal.end()).toBe(0);
  });

  it("that ends with its machine says so", async () => {
    const ending = vm.sh("sleep 1; poweroff; sleep 1000");
    await expect(ending).rejects.toThrow(VmStateError);
    await expect(ending).rejects.toThrow("the machine ended while the command ran: halted");
    await vm.wait("stopped");
    await expect(vm.sh("true")).rejects.toThrow("debian is stopped: a command needs a running machine");
  });
});
