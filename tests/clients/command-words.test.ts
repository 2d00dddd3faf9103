/** What the command line makes of words, before it asks anybody. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { age, bytes, secondsOf } from "../../clients/cli/src/quantities.js";
import { properties, table } from "../../clients/cli/src/table.js";
import { worldswitch } from "./command.js";
import { json, ScriptedServer } from "./scripted-server.js";

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "worldswitch-home-"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** An address at which nobody is. */
const nowhere = "http://127.0.0.1:9";
const run = (args: string[], env: Record<string, string> = {}) =>
  worldswitch(args, { env: { HOME: home, WORLDSWITCH_DATA: home, WORLDSWITCH_URL: nowhere, WORLDSWITCH_TOKEN: "a-token", ...env } });

describe("wrong use", () => {
  it.each([
    [["vm"], "usage: worldswitch vm ..."],
    [["vm", "fly"], 'worldswitch: there is no command "vm fly"'],
    [["vm", "show"], "worldswitch: VM is missing"],
    [["vm", "show", "a", "b"], 'worldswitch: "b" is one word too many'],
    [["vm", "show", ""], "worldswitch: VM is empty"],
    [["vm", "list", "--colour"], "worldswitch: Unknown option '--colour'"],
    [["vm", "create", "tiny", "--memory", "lots"], 'worldswitch: --memory is a whole number, and not "lots"'],
    [["vm", "create", "tiny", "--label", "=x"], 'worldswitch: --label is KEY=VALUE, and not "=x"'],
    [["vm", "create", "tiny", "--ttl", "soon"], 'worldswitch: --ttl is a time like 90, 15m, 2h or 7d, and not "soon"'],
    [["vm", "logs", "x", "--port", "2"], "worldswitch: --port is one of 0, 1"],
    [["token", "create", "x", "--role", "king"], "worldswitch: --role is one of viewer, operator, admin"],
    [["image", "add", "x"], "worldswitch: give one of --kernel and --multiboot"],
    [["image", "add", "x", "--multiboot", "k", "--initrd", "i"], "worldswitch: --initrd goes with --kernel"],
    [["completion", "tcsh"], "worldswitch: SHELL is one of bash, zsh, fish"],
    [["vm", "list", "--url", "localhost:8080"], `worldswitch: the server's address is an http or https URL, and not "localhost:8080"`],
  ])("%j is told, with the way to help", async (args, complaint) => {
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout, stderr.split("\n")[0]]).toEqual([2, "", complaint]);
    expect(stderr).toContain("--help says more");
  });
});

it("help is about what was asked for", async () => {
  const { code, stdout } = await run(["vm", "create", "--help"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^usage: worldswitch vm create \[options\] IMAGE\n/);
  expect(stdout).toMatch(/^ {2}--label KEY=VALUE {2,}a label of your own; may be given several times$/m);
  expect(stdout).toContain("Exit code: 0 done");
  expect((await run(["operation", "--help"])).stdout).toMatch(/^ {2}operation wait OPERATION {2,}wait until/m);
});

describe("the configuration", () => {
  const file = (text: string) => writeFile(join(home, ".config", "worldswitch", "config.json"), text);
  const unset = { WORLDSWITCH_URL: "", WORLDSWITCH_TOKEN: "" };
  beforeAll(() => mkdir(join(home, ".config", "worldswitch"), { recursive: true }));
  afterAll(() => rm(join(home, ".config"), { recursive: true }));

  it("names who is asked: an option before the environment before a profile", async () => {
    await file(
      JSON.stringify({
        default: "lab",
        profiles: { lab: { url: "http://127.0.0.1:13", token: "t" }, home: { url: "http://127.0.0.1:19", token: "t" } },
      }),
    );
    const asked = async (args: string[], env: Record<string, string>) =>
      /reach (\S+):/.exec((await run(["vm", "list", ...args], env)).stderr)?.[1];
    expect(await asked([], unset)).toBe("http://127.0.0.1:13");
    expect(await asked(["--profile", "home"], unset)).toBe("http://127.0.0.1:19");
    expect(await asked([], { ...unset, WORLDSWITCH_PROFILE: "home" })).toBe("http://127.0.0.1:19");
    expect(await asked([], { WORLDSWITCH_TOKEN: "" })).toBe(nowhere);
    expect(await asked(["--url", "http://127.0.0.1:37"], {})).toBe("http://127.0.0.1:37");
  });

  it("that makes no sense is told", async () => {
    const path = join(home, ".config", "worldswitch", "config.json");
    await file("{");
    expect(await run(["vm", "list"])).toMatchObject({ code: 2, stderr: expect.stringContaining(`${path} is no JSON object`) });
    await file("{}");
    expect(await run(["vm", "list", "--profile", "lab"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${path} has no profile "lab"`),
    });
  });

  it("has the server's own token only for this machine", async () => {
    await file("{}");
    await writeFile(join(home, "admin-token"), "the-admin\n");
    expect((await run(["vm", "list"], { WORLDSWITCH_TOKEN: "" })).code).toBe(3);
    const elsewhere = await run(["vm", "list"], { WORLDSWITCH_TOKEN: "", WORLDSWITCH_URL: "http://example.invalid" });
    expect(elsewhere).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("no token for http://example.invalid: set WORLDSWITCH_TOKEN"),
    });
  });
});

it("nobody at the address is told, with a code of its own", async () => {
  const { code, stderr } = await run(["vm", "list"], { WORLDSWITCH_URL: "http://127.0.0.1:65001" });
  expect([code, stderr]).toEqual([3, "worldswitch: cannot reach http://127.0.0.1:65001: nothing listens there; is the server running?\n"]);
});

describe("completion", () => {
  const bash = promisify(execFile);
  async function completes(typed: string): Promise<string[]> {
    const { stdout } = await run(["completion", "bash"]);
    const words = typed.split(" ");
    const ask = `worldswitch() { echo "a-$3"; }\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _worldswitch; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return (await bash("bash", ["--norc", "-c", `${stdout}\n${ask}`])).stdout.trim().split("\n");
  }

  it.each([
    ["worldswitch i", ["image", "images"]],
    ["worldswitch vm st", ["start", "stop", "stats"]],
    ["worldswitch operation w", ["wait"]],
    ["worldswitch vm create --no", ["--no-start", "--no-wait"]],
    ["worldswitch vm start a", ["a-vm"]],
    ["worldswitch --json image show ", ["a-image"]],
    ["worldswitch completion f", ["fish"]],
  ])("of %j in bash", async (typed, words) => {
    expect(await completes(typed)).toEqual(expect.arrayContaining(words));
    expect((await completes(typed)).every((word) => word.startsWith(typed.split(" ").at(-1) ?? ""))).toBe(true);
  });

  it("of files where a file is meant", async () => {
    expect(await completes(`worldswitch image add x --kernel ${join(home, "adm")}`)).toEqual([join(home, "admin-token")]);
  });

  it.each(["zsh", "fish"])("is written for %s too, with every command", async (shell) => {
    const { code, stdout } = await run(["completion", shell]);
    expect(code).toBe(0);
    for (const word of ["console", "operation", "revoke", "--take-over".slice(2)]) expect(stdout).toContain(word);
  });

  it("offers no name that a shell would take for more than a word, whatever a server says", async () => {
    const server = await ScriptedServer.start();
    try {
      const names = ["web-1", "$(reboot)", "`reboot`", "a;b", "two words", "*", "--take-over", "two\nlines", "db_2.old"];
      server.plays(json(200, { items: names.map((name) => ({ name })), nextCursor: null, eventSeq: 1 }));
      expect((await run(["completion", "names", "vm"], { WORLDSWITCH_URL: server.url })).stdout).toBe("web-1\ndb_2.old\n");
    } finally {
      await server.close();
    }
  });

  it("offers no names when nobody answers, and does not complain", async () => {
    expect(await run(["completion", "names", "vm"])).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});

it("a table is aligned, and nothing in it leaves its line", () => {
  expect(
    table(
      ["NAME", "STATE"],
      [
        ["a\nb", "running"],
        ["longer-name", ""],
      ],
    ),
  ).toBe("NAME         STATE\na b          running\nlonger-name\n");
  expect(properties({ id: "1", "long name": "\x1b[2J" })).toBe("id         1\nlong name   [2J\n");
});

it("quantities are for people", () => {
  expect(["90", "15m", "2h", "7d"].map((text) => secondsOf("ttl", text))).toEqual([90, 900, 7200, 604_800]);
  expect([0, 1023, 1024, 10 * 1024 * 1024].map(bytes)).toEqual(["0 B", "1023 B", "1.0 KiB", "10.0 MiB"]);
  const now = Date.parse("2026-01-02T00:00:00Z");
  expect(["2026-01-02T00:00:00Z", "2026-01-01T23:58:59Z", "2026-01-01T00:00:00Z"].map((time) => age(time, now))).toEqual([
    "0s",
    "1m",
    "1d",
  ]);
});
