import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Installation, startInstallation } from "./http-installation.js";

let scratch: string;
let folder: string;
let installation: Installation;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "worldswitch-dashboard-"));
  folder = join(scratch, "dashboard");
  await mkdir(join(folder, "assets"), { recursive: true });
  await writeFile(join(folder, "index.html"), "<!doctype html><title>the page</title>");
  await writeFile(join(folder, "assets", "index-C0FFEE.js"), "the script");
  await writeFile(join(folder, "embed.html"), "<!doctype html><title>a console</title>");
  await writeFile(join(folder, "assets", "index-C0FFEE.js.gz"), gzipSync("the script"));
  await writeFile(join(folder, ".hidden"), "a secret");
  await writeFile(join(scratch, "admin-token"), "a secret");
  installation = await startInstallation({ dashboardFolder: folder });
});
afterAll(async () => {
  await installation?.close();
  await rm(scratch, { recursive: true, force: true });
});

function directives(policy: string): Record<string, string> {
  return Object.fromEntries(policy.split(";").map((directive) => directive.split(/ (.*)/).slice(0, 2)));
}

describe("the dashboard", () => {
  it("is the page at /, asked for each time", async () => {
    const { text, headers } = await installation.anonymous.get("/").expect(200);
    expect(text).toContain("the page");
    expect(headers["content-type"]).toContain("text/html");
    expect(headers["cache-control"]).toBe("no-cache");
    await installation.anonymous.get("/").set("If-None-Match", headers.etag).expect(304);
  });

  it("has assets that are kept for good", async () => {
    const { headers, text } = await installation.anonymous.get("/assets/index-C0FFEE.js").expect(200);
    expect(text).toBe("the script");
    expect(headers["content-type"]).toContain("javascript");
    expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable");
  });

  it("sends what the build has compressed so, to whoever takes that", async () => {
    const asset = () => installation.anonymous.get("/assets/index-C0FFEE.js");
    const { headers, text } = await asset().set("Accept-Encoding", "gzip, br").expect(200);
    expect(headers).toMatchObject({ "content-encoding": "gzip", "cache-control": "public, max-age=31536000, immutable" });
    expect(headers["content-type"]).toContain("javascript");
    expect(headers.vary).toContain("Accept-Encoding");
    expect(text).toBe("the script");
    const plain = await asset().set("Accept-Encoding", "identity").expect(200);
    expect(plain.headers["content-encoding"]).toBeUndefined();
    expect(plain.text).toBe("the script");
  });

  it.each(["/", "/assets/index-C0FFEE.js"])("answers HEAD of %s without a body", async (path) => {
    const answer = await installation.agent.head(path).expect(200);
    expect(Number(answer.headers["content-length"])).toBeGreaterThan(0);
    expect(answer.text).toBeFalsy();
  });

  it("runs its own scripts only, none in line and no eval, and is framed by nobody", async () => {
    const { headers } = await installation.anonymous.get("/").expect(200);
    const policy = directives(headers["content-security-policy"]);
    expect(policy).toMatchObject({ "default-src": "'none'", "script-src": "'self'", "connect-src": "'self'", "frame-ancestors": "'none'" });
    expect(headers["x-frame-options"]).toBe("DENY");
  });

  it("leaves the policy of everything else as it is", async () => {
    const { headers } = await installation.admin.get("/v1/vms").expect(200);
    expect(directives(headers["content-security-policy"])).toMatchObject({ "default-src": "'self'", "frame-ancestors": "'none'" });
  });
});

describe("what is not among its files", () => {
  it.each([
    "/assets/none.js",
    "/assets",
    "/assets/",
    "/.hidden",
    "/../admin-token",
    "/..%2fadmin-token",
    "/assets/..%2f..%2fadmin-token",
    "/%2e%2e/admin-token",
    "/..%5cadmin-token",
    "/index.html%00.js",
    "/%",
  ])("%s is no path", async (path) => {
    // Sent as it is: clients would tidy the path first.
    const { status, body } = await raw(path);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(body).not.toContain("secret");
    expect(JSON.parse(body).code).toMatch(/^(route_not_found|invalid_request)$/);
  });

  it("another method is none either", async () => {
    expect((await installation.anonymous.post("/", {}).expect(404)).body.code).toBe("route_not_found");
  });
});

describe("pages of other origins", () => {
  it("may frame nothing where none is allowed", async () => {
    const { headers } = await installation.anonymous.get("/embed.html").expect(200);
    expect(directives(headers["content-security-policy"])["frame-ancestors"]).toBe("'none'");
    expect(headers["x-frame-options"]).toBe("DENY");
  });

  it("may frame a console, where they are allowed, and nothing else", async () => {
    const own = await startInstallation({
      dashboardFolder: folder,
      embedOrigins: ["https://lab.example", "https://ops.example:8443"],
      publicUrl: "https://vm.example/base",
    });
    try {
      const { headers } = await own.anonymous.get("/embed.html").expect(200);
      const policy = directives(headers["content-security-policy"]);
      expect(policy["frame-ancestors"]).toBe("https://lab.example https://ops.example:8443");
      expect(policy["connect-src"]).toBe("'self' https://vm.example wss://vm.example");
      expect(headers["x-frame-options"]).toBeUndefined();
      for (const path of ["/", "/v1/vms"]) {
        const other = await own.admin.get(path).expect(200);
        expect(directives(other.headers["content-security-policy"])["frame-ancestors"]).toBe("'none'");
        expect(other.headers["x-frame-options"]).not.toBeUndefined();
      }
    } finally {
      await own.close();
    }
  });
});

it("where none was built, / says so and what there is instead", async () => {
  const own = await startInstallation({ dashboardFolder: join(scratch, "nowhere") });
  try {
    const { text } = await own.anonymous.get("/").expect(200);
    expect(text).toContain("npm run build");
    expect(text).toContain('href="/docs"');
    await own.agent.head("/").expect(200);
  } finally {
    await own.close();
  }
});

async function raw(path: string): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(installation.url);
  return new Promise((resolve, reject) => {
    get({ hostname, port, path }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    }).on("error", reject);
  });
}
