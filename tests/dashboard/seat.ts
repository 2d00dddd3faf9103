/** Somebody before a browser: what they see and do, and what went wrong on the page meanwhile. */
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, Frame, Page } from "playwright-core";

const shots = fileURLToPath(new URL("../../ci-output/dashboard/", import.meta.url));

export type Colours = "light" | "dark";
export const desktop = { width: 1360, height: 860 };
export const phone = { width: 375, height: 780 };

/** A bound for a hang: a loaded machine must not fail a test. */
const PATIENCE_MS = 100_000;

export class Seat {
  /** What the page's scripts complained about. */
  readonly complaints: string[] = [];

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
  ) {
    context.setDefaultTimeout(PATIENCE_MS);
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("console", (message) => {
      // Requests that fail are what some tests are about, and the page tells of them.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) this.complaints.push(message.text());
    });
  }

  /** With a browser profile of its own. */
  static async take(browser: Browser, viewport = desktop, colorScheme: Colours = "light"): Promise<Seat> {
    const context = await browser.newContext({ viewport, colorScheme, locale: "en-GB" });
    return new Seat(context, await context.newPage());
  }

  static async signedIn(browser: Browser, url: string, token: string, viewport = desktop, colours: Colours = "light"): Promise<Seat> {
    const seat = await Seat.take(browser, viewport, colours);
    await seat.page.goto(url);
    await seat.signIn(token);
    await seat.heading("Machines");
    return seat;
  }

  async signIn(token: string): Promise<void> {
    await this.page.getByLabel("Or paste a token").fill(token);
    await this.page.getByRole("button", { name: "Sign in", exact: true }).click();
  }

  /** By its address, behind the `#/`. */
  async visit(place: string): Promise<void> {
    await this.page.evaluate(`location.hash = "#/${place}"`);
  }

  async heading(name: string): Promise<void> {
    await this.page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
  }

  async text(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor();
  }

  press(name: string): Promise<void> {
    return this.page.getByRole("button", { name, exact: true }).first().click();
  }

  /** In the machine's badge beside its name. */
  async state(state: string): Promise<void> {
    await this.page.locator(".page-title .badge", { hasText: new RegExp(`^${state}$`) }).waitFor();
  }

  /** Waits for text in the terminal, across its lines. */
  inConsole(text: string, page: Page | Frame = this.page): Promise<void> {
    return page.locator(".xterm-rows", { hasText: text }).waitFor();
  }

  async type(text: string, page: Page | Frame = this.page): Promise<void> {
    await page.locator(".xterm-helper-textarea").focus();
    await this.page.keyboard.type(text);
  }

  consoleSays(text: string): Promise<void> {
    return this.page.locator(".console-status", { hasText: text }).waitFor();
  }

  /** A picture for whoever looks at this run. */
  async shoot(name: string): Promise<void> {
    mkdirSync(shots, { recursive: true });
    await this.page.screenshot({ path: `${shots}${name}.png` });
  }

  leave(): Promise<void> {
    return this.context.close();
  }
}
