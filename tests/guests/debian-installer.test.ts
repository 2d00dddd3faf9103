/** Debian's text installer on the serial console. Takes a minute or two: `npm run test:guests`. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Operation, Served } from "../service/served.js";
import { cacheSetting, whyAbsent } from "./catalog-image.js";
import { GuestConsole, HANG_TEST_MS } from "./guest-console.js";
import { Screen } from "./screen.js";

vi.setConfig({ testTimeout: HANG_TEST_MS, hookTimeout: HANG_TEST_MS });

const absent = await whyAbsent("debian-installer");

const KEY = { up: "\x1b[A", down: "\x1b[B", tab: "\t", enter: "\r" };
/** SGR: what the next key is for is drawn on red. */
const RED = 41;

describe.skipIf(absent)(`debian-installer${absent ? `, which cannot be had: ${absent}` : ""}`, () => {
  let served: Served;
  let operation: Operation;
  let installer: GuestConsole;

  function shows(dialog: string, focused: string): Promise<boolean> {
    return installer.waitFor(`${focused} in ${dialog}`, (text) => {
      const screen = new Screen(text);
      return screen.text.includes(dialog) && screen.on(RED) === focused;
    });
  }

  beforeAll(async () => {
    served = new Served(await mkdtemp(join(tmpdir(), "worldswitch-installer-")), "serve", cacheSetting());
    await served.start();
    const { body } = await served.request("POST", "/v1/vms", { image: "debian-installer" });
    operation = await served.ended(body as Operation);
    expect(operation).toMatchObject({ state: "succeeded" });
    installer = await GuestConsole.open(served, operation.resources.vm, "writer");
    await shows("Select a language", "English");
  });

  afterAll(async () => {
    await served.kill("SIGTERM");
    await rm(served.folder, { recursive: true, force: true });
  });

  it("has its memory, without being asked", async () => {
    expect(await served.vm(operation.resources.vm)).toMatchObject({ state: "running", memoryMiB: 384, stateReason: null });
  });

  it("asks for the language, and keys move through the answers", async () => {
    installer.type(KEY.up);
    await shows("Select a language", "C");
    installer.type(KEY.down);
    await shows("Select a language", "English");
    installer.type(KEY.tab);
    await shows("Select a language", "<Go Back>");
    installer.type(KEY.tab);
    await shows("Select a language", "English");
  });

  it("goes on to the next question with the answer", async () => {
    installer.type(KEY.enter);
    await shows("Select your location", "United States");
  });
});
