/** The system's Chromium, where there is one: no browser is downloaded for tests. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const places = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executable = places.find((place) => place !== undefined && existsSync(place));

/** null: there is one. Warns, since the test runner does not print the names of what it skips. */
export const noBrowser: string | null = executable ? null : "there is no Chromium (apt-get install chromium, or name one by CHROMIUM)";
if (noBrowser) console.warn(`tests of the dashboard are skipped: ${noBrowser}`);

export function launch(): Promise<Browser> {
  // As root it runs only without its sandbox; the pages are our own.
  return chromium.launch({ executablePath: executable, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
}
