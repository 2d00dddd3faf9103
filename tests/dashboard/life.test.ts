/** What a newcomer does: the printed link, one click, and a Linux shell; the real server, the real page, a real guest. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cacheSetting, whyAbsent } from "../guests/catalog-image.js";
import { Served } from "../service/served.js";
import { launch, noBrowser } from "./chromium.js";
import { Seat } from "./seat.js";

const absent = noBrowser ?? (await whyAbsent("debian-mini"));

/** One machine, in the order of its life. */
describe.skipIf(absent)(`the dashboard${absent ? `, which cannot be tried: ${absent}` : ""}`, () => {
  let served: Served;
  let browser: Browser;
  let seat: Seat;
  let second: Seat;

  beforeAll(async () => {
    served = new Served(await mkdtemp(join(tmpdir(), "worldswitch-dashboard-")), "serve", cacheSetting());
    await served.start();
    browser = await launch();
    seat = await Seat.take(browser);
  });

  afterAll(async () => {
    await browser?.close();
    await served.kill("SIGTERM");
    await rm(served.folder, { recursive: true, force: true });
  });

  it("signs in by the printed link, whose code leaves the address bar", async () => {
    await seat.page.goto(await served.signInLink());
    await seat.heading("Machines");
    await seat.text("No machines yet");
    expect(seat.page.url()).not.toContain("sign-in");
    // It stays signed in.
    await seat.page.reload();
    await seat.text("No machines yet");
  });

  it("creates a machine", async () => {
    await seat.press("New machine");
    await seat.page.getByRole("radio", { name: /^debian-mini/ }).check();
    await seat.page.getByLabel("Name", { exact: true }).fill("first");
    await seat.press("Create machine");
    await seat.heading("first");
    await seat.state("running");
  });

  it("gives its console without another click: uname -a is typed, and answered by Debian's kernel", async () => {
    await seat.inConsole("debian-mini:/root#");
    await seat.consoleSays("You type here");
    await seat.page.locator(".xterm-helper-textarea:focus").waitFor();
    await seat.page.keyboard.type("uname -a\n");
    await seat.inConsole("Linux debian-mini 6.1");
    await seat.inConsole("i686 GNU/Linux");
  });

  it("shows in its charts what the guest does", async () => {
    const idle = (part: RegExp) => seat.page.locator(".legend li", { hasText: "guest idle" }).locator("b", { hasText: part }).waitFor();
    const drawn = () => seat.page.locator("figure path.line").first().getAttribute("d");
    // A prompt waits for keys, a loop for nothing.
    await idle(/^([5-9]\d(\.\d)?|100) %$/);
    const before = await drawn();
    await seat.type("while :; do :; done &\n");
    await idle(/^(<0\.01|\d(\.\d+)?) %$/);
    expect(await drawn()).not.toBe(before);
    for (const title of ["Processor", "Memory", "Who ran the instructions", "Execution mode", "World switches", "Page faults", "Console"]) {
      await seat.page.getByRole("heading", { level: 3, name: title, exact: true }).waitFor();
    }
    await seat.shoot("machine-desktop-light");
    await seat.type("kill %1\n");
  });

  it("pauses and resumes, and tells so", async () => {
    await seat.press("Pause");
    await seat.state("paused");
    await seat.page.getByRole("region", { name: "Events of this machine" }).getByText("running → paused").waitFor();
    await seat.press("Resume");
    await seat.state("running");
    await seat.type("echo on$((1+1))again\n");
    await seat.inConsole("on2again");
  });

  it("lets a second viewer see all that came, and type after a take-over", async () => {
    second = await Seat.signedIn(browser, served.url, served.token);
    await second.page.getByRole("link", { name: "first", exact: true }).click();
    await second.inConsole("on2again");
    await second.consoleSays("Somebody else types; you watch");
    await second.press("Take over");
    await second.consoleSays("You type here");
    await seat.consoleSays("Somebody else types; you watch");
    await second.type("echo from the $((2))nd\n");
    for (const each of [second, seat]) await each.inConsole("from the 2nd");
  });

  it("works by the keyboard alone: Tab leads to the console, Shift and F6 out of it", async () => {
    await seat.press("Take over");
    await seat.consoleSays("You type here");
    const inTerminal = seat.page.locator(".xterm-helper-textarea:focus");
    for (let presses = 0; (await inTerminal.count()) === 0; presses++) {
      expect(presses).toBeLessThan(100);
      await seat.page.keyboard.press("Tab");
    }
    await seat.page.keyboard.press("Shift+F6");
    await seat.page.keyboard.press("Shift+Tab");
    await seat.page.locator(":focus").waitFor();
    expect(await seat.page.locator(".console :focus").count()).toBe(0);
  });

  it("deletes it, after asking, and says so to whoever else looks at it", async () => {
    await seat.press("Delete");
    await seat.page.getByRole("dialog", { name: "Delete first?" }).waitFor();
    await seat.press("Delete the machine");
    for (const each of [seat, second]) {
      await each.state("deleted");
      await each.text("This machine was deleted.");
      await each.inConsole("from the 2nd");
    }
    await seat.page.getByRole("link", { name: "All machines" }).click();
    await seat.text("No machines yet");
  });

  it("had nothing to complain about", () => {
    expect([...seat.complaints, ...second.complaints]).toEqual([]);
  });
});
