import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adminToken, type Installation, startInstallation } from "./http-installation.js";
import { Spawned, until } from "./served.js";

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation();
});
afterAll(() => installation?.close());

async function newCode(query = ""): Promise<{ code: string; url: string; expiresAt: string }> {
  return (await installation.admin.post(`/v1/sign-in-codes${query}`).expect(201)).body;
}

const signIn = (code: string) => installation.anonymous.post("/v1/sign-in", { code });

describe("a sign-in code", () => {
  it("becomes a token of an administrator of its project, for 30 days", async () => {
    const { code } = await newCode();
    const { body } = await signIn(code).expect(201);
    expect(body).toMatchObject({
      role: "admin",
      projectId: "proj_default",
      installation: false,
      name: expect.stringMatching(/^dashboard-/),
    });
    const days = (Date.parse(body.expiresAt) - Date.parse(body.createdAt)) / 86_400_000;
    expect(days).toBeCloseTo(30, 1);
    await installation.as(body.secret).get("/v1/vms").expect(200);
  });

  it("comes as a link to the page, behind the # where no server sees it", async () => {
    const { code, url, expiresAt } = await newCode();
    expect(url).toBe(`${installation.url}/#sign-in=${code}`);
    const minutes = (Date.parse(expiresAt) - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(8);
    expect(minutes).toBeLessThanOrEqual(10);
  });

  it("is of the project that it was made for", async () => {
    const other = (await installation.admin.post("/v1/projects", { name: "other" }).expect(201)).body;
    const { code } = await newCode("?project=other");
    expect((await signIn(code).expect(201)).body.projectId).toBe(other.id);
  });

  it("works once, also for many at the same moment", async () => {
    const { code } = await newCode();
    const answers = await Promise.all(Array.from({ length: 8 }, () => signIn(code)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 401, 401, 401, 401, 401, 401, 401]);
    const { body } = await signIn(code).expect(401);
    expect(body).toMatchObject({ code: "sign_in_invalid", detail: expect.stringContaining("worldswitch sign-in") });
  });

  it("works no more once it has expired", async () => {
    const { code } = await newCode();
    await installation.db.ticket.updateMany({ where: { stream: "sign-in" }, data: { expiresAt: new Date(0) } });
    expect((await signIn(code).expect(401)).body.code).toBe("sign_in_invalid");
  });

  it("is kept as a hash, and no log has it", async () => {
    const { code } = await newCode();
    expect(JSON.stringify(await installation.db.ticket.findMany())).not.toContain(code);
    const { secret } = (await signIn(code).expect(201)).body;
    expect(JSON.stringify(installation.lines)).not.toContain(code);
    expect(JSON.stringify(installation.lines)).not.toContain(secret);
  });

  it("opens no stream, and a stream's ticket signs nobody in", async () => {
    const { code } = await newCode();
    const { body: ticket } = await installation.admin.post("/v1/tickets", { stream: "events" }).expect(201);
    expect((await signIn(new URL(ticket.url).searchParams.get("ticket") ?? "")).body.code).toBe("sign_in_invalid");
    const refused = await fetch(`${installation.url}/v1/events?ticket=${code}`);
    expect(refused.status).toBe(401);
    await signIn(code).expect(201);
  });

  it("is made by administrators only, and never stored for a replay", async () => {
    const { body: operator } = await installation.admin.post("/v1/tokens", { name: "o", role: "operator" }).expect(201);
    expect((await installation.as(operator.secret).post("/v1/sign-in-codes").expect(403)).body.code).toBe("forbidden");
    await installation.admin.post("/v1/sign-in-codes").set("Idempotency-Key", "k1").expect(201);
    const again = await installation.admin.post("/v1/sign-in-codes").set("Idempotency-Key", "k1").expect(409);
    expect(again.body.code).toBe("idempotency_not_replayable");
  });
});

describe("bad input to sign-in", () => {
  it.each([
    [{}, "/code"],
    [{ code: 7 }, "/code"],
    [{ code: "x".repeat(101) }, "/code"],
    [{ code: "x", role: "admin" }, "/role"],
  ])("%j names the field", async (body, path) => {
    const answer = await installation.anonymous.post("/v1/sign-in", body).expect(400);
    expect(answer.body.errors[0].path).toBe(path);
  });

  it("a code that never was is refused", async () => {
    expect((await signIn("wsk_guess").expect(401)).body.code).toBe("sign_in_invalid");
  });

  it("attempts from one address are counted", async () => {
    const limited = await startInstallation({ signInsPerMinute: 3 });
    try {
      for (let i = 0; i < 3; i++) await limited.anonymous.post("/v1/sign-in", { code: "guess" }).expect(401);
      const refused = await limited.anonymous.post("/v1/sign-in", { code: "guess" }).expect(429);
      expect(refused.body.code).toBe("rate_limited");
      expect(Number(refused.headers["ratelimit-reset"])).toBeGreaterThan(0);
      await limited.admin.get("/v1/vms").expect(200);
    } finally {
      await limited.close();
    }
  });
});

describe("GET /v1/token", () => {
  it("says who asks, without the secret", async () => {
    const { secret, ...created } = (await installation.admin.post("/v1/tokens", { name: "me", role: "viewer", ttlSeconds: 600 })).body;
    expect((await installation.as(secret).get("/v1/token").expect(200)).body).toEqual(created);
    const admin = await installation.admin.get("/v1/token").expect(200);
    expect(admin.body).toMatchObject({ id: "tok_admin", installation: true, role: "admin" });
  });
});

it("worldswitch serve prints a link on standard error", async () => {
  const folder = await mkdtemp(join(tmpdir(), "worldswitch-sign-in-"));
  const served = new Spawned("serve", { WORLDSWITCH_DATA: folder, WORLDSWITCH_LOG_LEVEL: "silent" });
  try {
    const url = / url=(\S+)/.exec(await served.ready)?.[1];
    await until(async () => served.stderr.length > 0);
    const [, origin, code] = /^sign in: (http.*)\/#sign-in=(\S+)$/.exec(served.stderr[0]) ?? [];
    expect(origin).toBe(url);
    const answer = await fetch(`${url}/v1/sign-in`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ code }),
    });
    expect(answer.status).toBe(201);
  } finally {
    await served.kill("SIGTERM");
    await rm(folder, { recursive: true, force: true });
  }
});

describe("worldswitch sign-in", () => {
  const bin = fileURLToPath(new URL("../../bin/worldswitch.js", import.meta.url));
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "worldswitch-sign-in-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function run(env: Record<string, string>, ...args: string[]) {
    const { PATH = "" } = process.env;
    const child = spawn(process.execPath, [bin, "sign-in", ...args], { env: { PATH, WORLDSWITCH_DATA: folder, ...env } });
    const said = { out: "", err: "" };
    child.stdout.on("data", (text) => {
      said.out += text;
    });
    child.stderr.on("data", (text) => {
      said.err += text;
    });
    const [code] = await once(child, "close");
    return { code, ...said };
  }

  it("prints a link by the data folder's admin token", async () => {
    await writeFile(join(folder, "admin-token"), `${adminToken}\n`);
    const { code, out } = await run({ WORLDSWITCH_URL: installation.url });
    expect(code).toBe(0);
    const [, signInCode] = /#sign-in=(\S+)\n$/.exec(out) ?? [];
    await signIn(signInCode).expect(201);
  });

  it("says what is wrong, in a line", async () => {
    const nobody = await run({ WORLDSWITCH_URL: "http://127.0.0.1:1" });
    expect(nobody).toMatchObject({ code: 1, err: expect.stringMatching(/^worldswitch: no server answers at .*:1; WORLDSWITCH_URL .*\n$/) });
    const stranger = await run({ WORLDSWITCH_URL: installation.url, WORLDSWITCH_ADMIN_TOKEN: "a-token-that-nobody-has-ever-seen-here" });
    expect(stranger).toMatchObject({ code: 1, err: expect.stringMatching(/answered 401: The token is unknown/) });
    const nowhere = await run({ WORLDSWITCH_DATA: join(folder, "none") });
    expect(nowhere).toMatchObject({ code: 1, err: expect.stringMatching(/cannot read .*admin-token \(ENOENT\)/) });
    expect(await run({}, "now")).toMatchObject({ code: 2, err: expect.stringContaining("usage: worldswitch sign-in") });
  });
});
