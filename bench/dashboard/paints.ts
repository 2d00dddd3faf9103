/** The list of machines, each time in a browser profile that has never seen it. */
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import type { Installation, Operation } from "../service/installation.js";
import { signedInPage } from "./signed-in-page.js";

const clock = fileURLToPath(new URL("paint-clock.js", import.meta.url));
const atOnce = 8;

export interface Paint {
  /** Since the navigation began, in milliseconds. */
  first: number;
  all: number;
}

export async function paints(browser: Browser, installation: Installation, machines: number, rounds: number): Promise<Paint[]> {
  const names = Array.from({ length: machines }, (_, n) => `machine-${n}`);
  const create = async () => {
    for (let name = names.pop(); name; name = names.pop()) {
      const body = { image: "tiny", memoryMiB: 32, start: false, name, labels: { team: `team-${name.length}` } };
      const { id } = await installation.post<Operation>("/v1/vms", body);
      await installation.get(`/v1/operations/${id}/wait?timeout=60`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, create));
  const taken: Paint[] = [];
  for (let round = 0; round < rounds; round++) {
    const page = await signedInPage(browser, installation, clock, "#/machines");
    taken.push(await page.evaluate<Paint>(`paintOf(${machines})`));
    await page.context().close();
  }
  return taken;
}
