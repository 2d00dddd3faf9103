/** The dashboard, as `npm run build` leaves it: its pages and their assets, with a policy of its own. */
import { existsSync, readdirSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import express, { type Express, type RequestHandler, type Response } from "express";
import { homePage } from "./pages.js";
import type { ApiSettings } from "./settings.js";

type DashboardSettings = Pick<ApiSettings, "dashboardFolder" | "embedOrigins" | "publicUrl">;

/** To be mounted behind all routes: whatever they don't know is looked for among the files. */
export function dashboard(app: Express, settings: DashboardSettings, version: string): void {
  const { dashboardFolder, embedOrigins } = settings;
  const policy = contentSecurityPolicy(settings, []);
  const framedPolicy = contentSecurityPolicy(settings, embedOrigins);
  const setHeaders = (response: Response, path: string) => {
    // Assets carry a digest of their contents in their names; the page that names them is asked for each time.
    const isAsset = relative(dashboardFolder, path).startsWith(`assets${sep}`);
    response.set("Cache-Control", isAsset ? "public, max-age=31536000, immutable" : "no-cache");
    // The one page that may be framed shows a single console, by a ticket: whoever is signed in here can't be made to click on the rest.
    if (embedOrigins.length > 0 && relative(dashboardFolder, path) === "embed.html") {
      response.set({ "Content-Security-Policy": framedPolicy, "Cross-Origin-Resource-Policy": "cross-origin" });
      // It knows no list of origins; `frame-ancestors` does.
      response.removeHeader("X-Frame-Options");
    } else {
      response.set({ "Content-Security-Policy": policy, "X-Frame-Options": "DENY" });
    }
  };
  app.use(compressed(dashboardFolder));
  app.use(express.static(dashboardFolder, { redirect: false, cacheControl: false, setHeaders }));

  const home = homePage(version);
  app.get("/", (_request, response) => {
    response.set("Cache-Control", "no-store").type("html").send(home);
  });
}

/** Assets that the build has left compressed beside themselves are sent so, to whoever takes that. */
function compressed(folder: string): RequestHandler {
  const assets = join(folder, "assets");
  const files = existsSync(assets) ? readdirSync(assets).filter((name) => name.endsWith(".gz")) : [];
  const paths = new Set(files.map((name) => `/assets/${name.slice(0, -".gz".length)}`));
  return (request, response, next) => {
    if (!paths.has(request.path)) return next();
    response.vary("Accept-Encoding");
    if (request.acceptsEncodings("gzip") === "gzip") {
      response.type(extname(request.path)).set("Content-Encoding", "gzip");
      request.url = `${request.path}.gz`;
    }
    next();
  };
}

function contentSecurityPolicy({ publicUrl }: DashboardSettings, ancestors: readonly string[]): string {
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
    "frame-ancestors": ancestors.length === 0 ? ["'none'"] : ancestors,
  })
    .map(([directive, sources]) => `${directive} ${sources.join(" ")}`)
    .join(";");
}
