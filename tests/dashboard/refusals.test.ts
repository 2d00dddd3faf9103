/** What doesn't work, in words that a person understands. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Installation, startInstallation } from "../clients/installation.js";
import { tinyGuest } from "../guests/tiny-guest.js";
import { until } from "../service/served.js";
import { launch, noBrowser } from "./chromium.js";
import { Seat } from "./seat.js";

describe.skipIf(noBrowser)(`the dashboard${noBrowser ? `, which cannot be tried: ${noBrowser}` : ""}`, () => {
  let installation: Installation;
  let browser: Browser;
  let url: string;
  let admin: string;
  let seat: Seat;

  beforeAll(async () => {
    installation = await startInstallation();
    browser = await launch();
    ({ url, token: admin } = installation.served);
  });
  afterEach(() => seat?.leave());
  afterAll(async () => {
    await browser?.close();
    await installation?.close();
  });

  it("says that a link was used, and lets in by a token", async () => {
    const link = await installation.served.signInLink();
    seat = await Seat.take(browser);
    await seat.page.goto(link);
    await seat.heading("Machines");
    const other = await Seat.take(browser);
    await other.page.goto(link);
    await other.text("This link was used before, or is older than ten minutes.");
    expect(other.page.url()).not.toContain("sign-in");
    await other.signIn("wst_none");
    await other.text("The server does not know this token.");
    await other.signIn(admin);
    await other.heading("Machines");
    await other.leave();
  });

  it("revokes the token of a link at sign-out, and leaves one that was pasted", async () => {
    const tokens = async () => {
      const names: string[] = [];
      for await (const { name } of installation.client().tokens.all()) names.push(name);
      return names.sort();
    };
    const before = await tokens();
    const { code } = await installation.client().tokens.signInLink();
    seat = await Seat.take(browser);
    await seat.page.goto(`${url}/#sign-in=${code}`);
    await seat.heading("Machines");
    expect(await tokens()).toHaveLength(before.length + 1);
    await seat.press("Sign out");
    await until(async () => (await tokens()).length === before.length);
    expect(await tokens()).toEqual(before);
    const { secret } = await installation.client().tokens.create({ name: "pasted", role: "viewer" });
    await seat.signIn(secret);
    await seat.heading("Machines");
    await seat.press("Sign out");
    await seat.heading("Sign in");
    expect(await tokens()).toContain("pasted");
  });

  it("forgets a token with the tab, unless it was asked to keep it", async () => {
    seat = await Seat.signedIn(browser, url, admin);
    const later = await seat.context.newPage();
    await later.goto(url);
    await later.getByRole("heading", { name: "Sign in" }).waitFor();
    await later.getByLabel("Or paste a token").fill(admin);
    await later.getByLabel("Stay signed in").check();
    await later.getByRole("button", { name: "Sign in", exact: true }).click();
    await later.getByRole("heading", { name: "Machines", exact: true }).waitFor();
    const again = await seat.context.newPage();
    await again.goto(url);
    await again.getByRole("heading", { name: "Machines", exact: true }).waitFor();
    await again.getByRole("button", { name: "Sign out" }).click();
    await again.reload();
    await again.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  it("signs out whose token was revoked, with the reason", async () => {
    const { id, secret } = await installation.client().tokens.create({ name: "short", role: "operator" });
    seat = await Seat.signedIn(browser, url, secret);
    await installation.client().tokens.revoke(id);
    await seat.text("Your sign-in is not valid any more: it has expired, or the token was revoked.");
    await seat.page.reload();
    await seat.heading("Sign in");
  });

  it("offers a viewer nothing that it would be refused", async () => {
    const vm = await installation.tiny({ name: "watched" });
    seat = await Seat.signedIn(browser, url, await installation.token("viewer"));
    await seat.page.getByRole("link", { name: "watched" }).click();
    await seat.inConsole("ready");
    await seat.consoleSays("You watch: you may not type here");
    const offered = await seat.page.getByRole("button").allInnerTexts();
    for (const name of ["Pause", "Power off", "Delete", "Take over", "New machine"]) expect(offered).not.toContain(name);
    await vm.delete();
  });

  it("opens a console once more that could not be opened at first", async () => {
    const vm = await installation.tiny({ name: "late" });
    seat = await Seat.signedIn(browser, url, admin);
    const tickets = "**/v1/vms/*/tickets";
    await seat.page.route(tickets, (route) => route.fulfill({ status: 400, body: "no" }));
    await seat.page.getByRole("link", { name: "late" }).click();
    await seat.consoleSays("Something that is no Worldswitch server answered");
    await seat.page.unroute(tickets);
    await seat.press("Try again");
    await seat.inConsole("ready");
    await vm.delete();
  });

  it("keeps a form with what was wrong in it", async () => {
    seat = await Seat.signedIn(browser, url, admin);
    await seat.press("New machine");
    await seat.page.getByRole("radio", { name: /^tiny/ }).check();
    await seat.page.getByLabel("Name", { exact: true }).fill("No Such Name");
    await seat.press("Create machine");
    await seat.text("1 to 63 of a-z, 0-9, dot, underscore and hyphen");
    expect(await seat.page.getByLabel("Name", { exact: true }).inputValue()).toBe("No Such Name");
  });

  it("tells why an upload is refused, and leaves no half image", async () => {
    seat = await Seat.signedIn(browser, url, admin);
    await seat.visit("images");
    await seat.press("Upload an image");
    await seat.page.getByLabel("Name", { exact: true }).fill("broken");
    await seat.page
      .getByLabel("Kernel", { exact: true })
      .setInputFiles({ name: "vmlinuz", mimeType: "", buffer: Buffer.from("no kernel at all") });
    await seat.press("Upload");
    await seat.text("Nothing of it was kept; you can send it again.");
    const { items } = await installation.client().images.page();
    expect(items.map(({ name }) => name)).not.toContain("broken");
  });

  it("uploads an image, boots it, and deletes it when nothing uses it", async () => {
    seat = await Seat.signedIn(browser, url, admin);
    await seat.visit("images");
    await seat.press("Upload an image");
    await seat.page.getByLabel("Name", { exact: true }).fill("mine");
    await seat.page
      .getByLabel("Kernel", { exact: true })
      .setInputFiles({ name: "vmlinuz", mimeType: "", buffer: Buffer.from(tinyGuest()) });
    await seat.press("Upload");
    await seat.text("mine is ready to boot.");
    const vm = await installation.client().vms.create({ image: "mine", memoryMiB: 32 });
    const card = seat.page.getByRole("article").filter({ hasText: "mine" });
    await card.getByRole("button", { name: "Delete" }).click();
    await seat.press("Delete the image");
    await seat.text("A machine still uses this image. Delete the machine first.");
    await vm.delete();
    await seat.press("Delete the image");
    await card.waitFor({ state: "detached" });
  });

  it("shows a token's secret once", async () => {
    seat = await Seat.signedIn(browser, url, admin);
    await seat.visit("tokens");
    await seat.press("New token");
    await seat.page.getByLabel("Name", { exact: true }).fill("ci");
    await seat.page.getByRole("radio", { name: /^Viewer/ }).check();
    await seat.press("Create token");
    const secret = await seat.page.locator(".secret").innerText();
    expect((await installation.client({ token: secret }).request("getToken", {})).role).toBe("viewer");
    await seat.press("Done");
    await seat.page.getByRole("cell", { name: "ci", exact: true }).waitFor();
    expect(await seat.page.content()).not.toContain(secret);
    await seat.press("Revoke ci");
    await seat.press("Revoke the token");
    await seat.page.getByRole("cell", { name: "ci", exact: true }).waitFor({ state: "detached" });
    await expect(installation.client({ token: secret }).request("getToken", {})).rejects.toMatchObject({ code: "unauthorized" });
  });

  it("keeps another project's machines apart", async () => {
    await installation.client().projects.create({ name: "other" });
    const vm = await installation.client({ project: "other" }).vms.create({ image: "debian-mini", name: "elsewhere", start: false });
    seat = await Seat.signedIn(browser, url, admin);
    await seat.page.getByLabel("Project", { exact: true }).selectOption({ label: "other" });
    await seat.page.getByRole("link", { name: "elsewhere" }).waitFor();
    await seat.page.getByLabel("Project", { exact: true }).selectOption({ label: "default" });
    await seat.page.getByRole("link", { name: "elsewhere" }).waitFor({ state: "detached" });
    await seat.visit(`machines/${vm.id}`);
    await seat.text("There is no such machine");
  });
});
