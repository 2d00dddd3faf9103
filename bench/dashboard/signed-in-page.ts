import type { Browser, Page } from "playwright-core";
import type { Installation } from "../service/installation.js";

/** In a browser profile of its own, that is signed in already. @param script runs in the page before any of its own */
export async function signedInPage(browser: Browser, { url, token }: Installation, script: string, place: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 } });
  await context.addInitScript(`localStorage.setItem("worldswitch.token", ${JSON.stringify(token)})`);
  await context.addInitScript({ path: script });
  const page = await context.newPage();
  await page.goto(`${url}/${place}`, { waitUntil: "commit" });
  return page;
}
