/** Keys into the shell of debian-mini, as a browser's keyboard sends them: nothing is echoed on this side. */
import { randomInt } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import type { Installation, Operation } from "../service/installation.js";
import { signedInPage } from "./signed-in-page.js";

const clock = fileURLToPath(new URL("echo-clock.js", import.meta.url));
const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
/** Keys in a line: longer ones the shell would have to scroll. */
const lineLength = 40;
const bootMs = 120_000;

export interface Echo {
  /** Since the key, in milliseconds. */
  frame: number;
  screen: number;
}

export async function echoes(browser: Browser, installation: Installation, keys: number): Promise<Echo[]> {
  const { resources } = await installation.post<Operation & { resources: { vm: string } }>("/v1/vms", { image: "debian-mini" });
  const page = await signedInPage(browser, installation, clock, `#/machines/${resources.vm}`);
  const prompt = ":/root# ";
  await page.locator(".xterm-rows", { hasText: prompt.trim() }).waitFor({ timeout: bootMs });
  await page.locator(".xterm-helper-textarea").focus();
  const taken: Echo[] = [];
  while (taken.length < keys) {
    let line = "";
    while (line.length < lineLength && taken.length < keys) {
      const letter = letters[randomInt(letters.length)];
      line += letter;
      const echo = page.evaluate<Echo>(`echoOf(${JSON.stringify(prompt + line)})`);
      await page.keyboard.press(letter);
      taken.push(await echo);
    }
    // The shell forgets the line.
    const empty = page.evaluate(`echoOf(${JSON.stringify(prompt.trimEnd())})`);
    await page.keyboard.press("Control+u");
    await empty;
  }
  await page.context().close();
  await installation.remove(`/v1/vms/${resources.vm}`);
  return taken;
}
