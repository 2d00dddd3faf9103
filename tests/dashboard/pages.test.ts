/** Every page, in both schemes, on a desk and on a phone: nobody is kept out, nothing runs over the edge, and pictures are left for who looks at the run. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Installation, startInstallation } from "../clients/installation.js";
import { seriousFaults } from "./axe.js";
import { launch, noBrowser } from "./chromium.js";
import { type Colours, desktop, phone, Seat } from "./seat.js";

const visits: { page: string; heading: string; shows: string }[] = [
  { page: "machines", heading: "Machines", shows: "worker-1" },
  { page: "images", heading: "Images", shows: "debian-installer" },
  { page: "operations", heading: "Operations", shows: "succeeded" },
  { page: "tokens", heading: "Tokens", shows: "Revoke" },
  { page: "projects", heading: "Projects", shows: "you are here" },
  { page: "engine", heading: "How the engine works", shows: "5. World switches" },
  { page: "nowhere", heading: "There is no such page", shows: "To the machines" },
  { page: "machines/vm_none", heading: "Machine", shows: "There is no such machine" },
];

describe.skipIf(noBrowser)(`pages of the dashboard${noBrowser ? `, which cannot be tried: ${noBrowser}` : ""}`, () => {
  let installation: Installation;
  let browser: Browser;
  let machine: string;

  beforeAll(async () => {
    installation = await startInstallation();
    browser = await launch();
    const { vms } = installation.client();
    const fields = { image: "tiny", memoryMiB: 32 };
    const made = await Promise.all([
      vms.create({ ...fields, name: "web", labels: { team: "lab", stage: "test" } }),
      vms.create({ ...fields, name: "paused" }),
      ...[1, 2, 3].map((n) => vms.create({ ...fields, name: `worker-${n}`, start: false })),
    ]);
    await made[1].pause();
    machine = made[0].id;
  });

  afterAll(async () => {
    await browser?.close();
    await installation?.close();
  });

  describe.each<{ where: string; viewport: typeof desktop }>([
    { where: "desktop", viewport: desktop },
    { where: "phone", viewport: phone },
  ])("on a $where", ({ where, viewport }) => {
    describe.each<{ colours: Colours }>([{ colours: "light" }, { colours: "dark" }])("in $colours", ({ colours }) => {
      let seat: Seat;
      beforeAll(async () => {
        seat = await Seat.signedIn(browser, installation.served.url, installation.served.token, viewport, colours);
      });
      afterAll(() => seat?.leave());

      async function goodToAll(name: string): Promise<void> {
        expect(await seriousFaults(seat.page)).toEqual([]);
        expect(await seat.page.evaluate<number>("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
        await seat.shoot(`${name.replaceAll("/", "-")}-${where}-${colours}`);
      }

      it.each(visits)("$page", async ({ page, heading, shows }) => {
        await seat.visit(page);
        await seat.heading(heading);
        await seat.text(shows);
        await goodToAll(page);
      });

      it("a machine", async () => {
        await seat.visit(`machines/${machine}`);
        await seat.inConsole("ready");
        await seat.page.locator("figure .figure", { hasText: /MiB/ }).first().waitFor();
        await goodToAll("machine-tiny");
      });

      it.each([
        { page: "machines", opens: "New machine", dialog: "New machine" },
        { page: "images", opens: "Upload an image", dialog: "Upload an image" },
        { page: "tokens", opens: "New token", dialog: "New token" },
        { page: "machines", opens: "Delete web", dialog: "Delete web?" },
      ])("the dialog $dialog", async ({ page, opens, dialog }) => {
        await seat.visit(page);
        await seat.press(opens);
        await seat.page.getByRole("dialog", { name: dialog }).waitFor();
        await goodToAll(`dialog-${opens.toLowerCase().replaceAll(" ", "-")}`);
        await seat.page.keyboard.press("Escape");
        await seat.page.getByRole("dialog").waitFor({ state: "detached" });
      });

      it("nothing went wrong on the way", () => {
        expect(seat.complaints).toEqual([]);
      });

      it("the way in", async () => {
        await seat.press("Sign out");
        await seat.heading("Sign in");
        await goodToAll("sign-in");
      });
    });
  });

  it("are dark in a light system, and light in a dark one, where somebody wants that", async () => {
    const seat = await Seat.signedIn(browser, installation.served.url, installation.served.token);
    const ground = () => seat.page.evaluate<string>("getComputedStyle(document.documentElement).backgroundColor");
    const light = await ground();
    await seat.press("Dark colours");
    const dark = await ground();
    expect(dark).not.toBe(light);
    await seat.page.reload();
    await seat.heading("Machines");
    expect(await ground()).toBe(dark);
    await seat.press("Colours as the system has them");
    expect(await ground()).toBe(light);
    await seat.leave();
  });
});
