/** The dashboard, as `npm run build` leaves it: one page and its assets, with a policy of its own. */
import { relative, sep } from "node:path";
import express, { type Express, type Response } from "express";
import { homePage } from "./pages.js";
import type { ApiSettings } from "./settings.js";

type DashboardSettings = Pick<ApiSettings, "dashboardFolder" | "embedOrigins" | "publicUrl">;

/** To be mounted behind all routes: whatever they don't know is looked for among the files. */
export function dashboard(app: Express, settings: DashboardSettings, version: string): void {
  const { dashboardFolder, embedOrigins } = settings;
  const policy = contentSecurityPolicy(settings);
  const setHeaders = (response: Response, path: string) => {
    // Assets carry a digest of their contents in their names; the page that names them is asked for each time.
    const isAsset = relative(dashboardFolder, path).startsWith(`assets${sep}`);
    response.set("Cache-Control", isAsset ? "public, max-age=31536000, immutable" : "no-cache");
    response.set("Content-Security-Policy", policy);
    if (embedOrigins.length === 0) {
      response.set("X-Frame-Options", "DENY");
    } else {
      // It knows no list of origins; `frame-ancestors` does.
      response.removeHeader("X-Frame-Options");
      response.set("Cross-Origin-Resource-Policy", "cross-origin");
    }
  };
  app.use(express.static(dashboardFolder, { redirect: false, cacheControl: false, setHeaders }));

  const home = homePage(version);
  app.get("/", (_request, response) => {
    response.set("Cache-Control", "no-store").type("html").send(home);
  });
}

function contentSecurityPolicy({ embedOrigins, publicUrl }: DashboardSettings): string {
  // Tickets' URLs begin with the public URL, also for whoever has opened the page under another name.
  const streams = publicUrl === null ? [] : [new URL(publicUrl).origin, new URL(publicUrl).origin.replace(/^http/, "ws")];
  return Object.entries({
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    // xterm writes its colours and its grid into style elements.
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'", ...streams],
    "manifest-src": ["'self'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": embedOrigins.length === 0 ? ["'none'"] : embedOrigins,
  })
    .map(([directive, sources]) => `${directive} ${sources.join(" ")}`)
    .join(";");
}
