/** What one attempt makes of whatever stands, or does not stand, behind a webhook's URL. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Socket as TcpSocket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AddressRules } from "../../src/server/webhooks/address-rules.js";
import { type AttemptOptions, attempt } from "../../src/server/webhooks/attempt.js";
import { startTarget, status, type WebhookTarget } from "./webhook-target.js";

const body = JSON.stringify({ id: "evt_1" });
const anyLoopback = new AddressRules(["127.0.0.0/8"]);
const nothingAllowed = new AddressRules([]);

function post(url: string, options: Partial<AttemptOptions> = {}, interrupted = new AbortController().signal) {
  return attempt({ url, headers: {}, body }, { rules: anyLoopback, ...options }, interrupted);
}

let target: WebhookTarget;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(() => target?.close());

describe("an answer", () => {
  it.each([200, 201, 204, 299])("of %i is a success", async (code) => {
    target.answer(status(code));
    expect(await post(target.url)).toEqual({ status: code, error: null });
  });

  it.each([400, 404, 410, 500, 503])("of %i is a failure", async (code) => {
    target.answer(status(code));
    expect(await post(target.url)).toEqual({ status: code, error: `it answered ${code}` });
  });

  it.each([301, 302, 303, 307, 308])("of %i is a failure, and is not followed", async (code) => {
    const before = target.posts.length;
    target.answer(status(code, { Location: "http://169.254.169.254/latest/meta-data" }));
    expect(await post(target.url)).toEqual({ status: code, error: `it answered ${code}, a redirect, which is not followed` });
    expect(target.posts).toHaveLength(before + 1);
  });
});

/** A peer that speaks bytes, for what no HTTP server would say. */
async function rawTarget(behave: (socket: TcpSocket) => void): Promise<{ url: string; close(): Promise<void> }> {
  const sockets = new Set<TcpSocket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    behave(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

describe("a target that", () => {
  it("hangs is given up", async () => {
    const silent = await rawTarget(() => {});
    expect(await post(silent.url, { deadlineMs: 200 })).toEqual({ status: null, error: "no answer within 0.2 seconds" });
    await silent.close();
  });

  it("sends a header for ever is given up", async () => {
    const dripping = await rawTarget((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      const drip = setInterval(() => socket.write("X: y\r\n"), 10);
      socket.once("close", () => clearInterval(drip));
    });
    expect((await post(dripping.url, { deadlineMs: 500 })).error).toMatch(/no answer within 0.5 seconds|too large/);
    await dripping.close();
  });

  it("answers without end has answered, and is not read without bound", async () => {
    let written = 0;
    let cut = () => {};
    const wasCut = new Promise<void>((resolve) => {
      cut = resolve;
    });
    const flooding = await rawTarget((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n");
      const more = () => {
        do written += 65536;
        while (socket.write(Buffer.alloc(65536)));
      };
      socket.on("drain", more).once("close", cut);
      more();
    });
    expect(await post(flooding.url)).toEqual({ status: 200, error: null });
    await wasCut;
    // What the sockets' buffers took, and not what it would have sent.
    expect(written).toBeLessThan(64 * 1024 * 1024);
    await flooding.close();
  });

  it("breaks off its body has answered all the same", async () => {
    const breaking = await rawTarget((socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nten bytes."));
    expect(await post(breaking.url)).toEqual({ status: 200, error: null });
    await breaking.close();
  });

  it("closes the connection, answers what is not HTTP, or changes the protocol, has failed", async () => {
    const answers: [string, { status: number | null; error: string }][] = [
      ["", { status: null, error: "the connection was cut before there was an answer" }],
      ["SSH-2.0-OpenSSH_9.2\r\n", { status: null, error: "its answer is not HTTP" }],
      [`HTTP/1.1 200 OK\r\nX: ${"x".repeat(100_000)}\r\n\r\n`, { status: null, error: "the header of its answer is too large" }],
      ["HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", { status: 101, error: "it answered 101" }],
    ];
    for (const [bytes, result] of answers) {
      const odd = await rawTarget((socket) => socket.once("data", () => socket.end(bytes)));
      expect(await post(odd.url), bytes.slice(0, 20)).toEqual(result);
      await odd.close();
    }
  });

  it("is not there has failed", async () => {
    const gone = await rawTarget(() => {});
    await gone.close();
    expect(await post(gone.url)).toEqual({ status: null, error: "the connection was refused" });
  });

  it("speaks no TLS where https is asked for has failed", async () => {
    const { status: code, error } = await post(target.url.replace("http:", "https:"));
    expect(code).toBeNull();
    expect(error).toMatch(/SSL|TLS|wrong version/i);
  });

  it("is being posted to when the server closes is left", async () => {
    const closing = new AbortController();
    const silent = await rawTarget(() => closing.abort());
    await expect(post(silent.url, {}, closing.signal)).rejects.toThrow();
    await silent.close();
  });
});

/** Answers every question for an IPv4 address with the next of `addresses`, and has none for IPv6. */
async function nameServer(...addresses: string[]): Promise<{ at: string; asked: () => number; socket: Socket }> {
  const socket = createSocket("udp4");
  let asked = 0;
  socket.on("message", (query, { port, address }) => {
    const question = query.subarray(12, query.indexOf(0, 12) + 5);
    const isA = question.readUInt16BE(question.length - 4) === 1;
    const header = Buffer.from([query[0], query[1], 0x81, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0]);
    const record = isA
      ? [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...addresses[Math.min(asked++, addresses.length - 1)].split(".").map(Number)]
      : [];
    socket.send(Buffer.concat([header, question, Buffer.from(record)]), port, address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { at: `127.0.0.1:${socket.address().port}`, asked: () => asked, socket };
}

describe("a name", () => {
  const nowhere = (name: string) => `the name ${name} leads to no address that webhooks are posted to`;

  it("that leads to a private address is refused, in the words for one that leads nowhere", async () => {
    const names = await nameServer("10.1.2.3");
    expect(await post("http://hooks.example/", { nameServers: [names.at] })).toEqual({ status: null, error: nowhere("hooks.example") });
    expect(names.asked()).toBe(1);
    names.socket.close();
  });

  it("is asked for once: what it leads to later does not matter", async () => {
    const names = await nameServer("127.0.0.1", "127.0.0.2");
    const onlyFirst = new AddressRules(["127.0.0.1"]);
    target.answer(status(204));
    expect(await post(`http://hooks.example:${target.port}/`, { nameServers: [names.at], rules: onlyFirst })).toEqual({
      status: 204,
      error: null,
    });
    expect(names.asked()).toBe(1);
    expect(target.posts.at(-1)?.headers.host).toBe(`hooks.example:${target.port}`);
    names.socket.close();
  });

  it("that nobody knows, or whose server is silent, is a failure", async () => {
    const silent = createSocket("udp4");
    silent.bind(0, "127.0.0.1");
    await once(silent, "listening");
    const at = `127.0.0.1:${silent.address().port}`;
    expect((await post("http://hooks.example/", { nameServers: [at], deadlineMs: 200 })).error).toBe("no answer within 0.2 seconds");
    silent.close();
    expect((await post("http://hooks.invalid/", { nameServers: ["127.0.0.1:1"] })).error).toBe(nowhere("hooks.invalid"));
  });

  it("of this host is refused", async () => {
    for (const host of ["localhost", "localhost.", "a.localhost"]) {
      const { error } = await post(`http://${host}:${target.port}/`, { rules: nothingAllowed });
      expect(error).toBe(nowhere(host));
    }
  });

  it("that is allowed may lead anywhere", async () => {
    const names = await nameServer("127.0.0.1");
    const rules = new AddressRules(["hooks.internal"]);
    target.answer(status(204));
    expect((await post(`http://HOOKS.internal:${target.port}/`, { nameServers: [names.at], rules })).error).toBeNull();
    names.socket.close();
  });
});

describe("an address in a URL", () => {
  const refused = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.1",
    "224.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:8.8.8.8]",
    "[::7f00:1]",
    "[64:ff9b::a00:1]",
    "[64:ff9b:1::1]",
    "[100::1]",
    "[fc00::1]",
    "[fd12:3456::1]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[2001::1]",
    "[2001:db8::1]",
    "[2002:7f00:1::]",
    "[3fff::1]",
    "[5f00::1]",
  ];
  it.each(refused)("%s is refused", async (host) => {
    const { status: code, error } = await post(`http://${host}:${target.port}/`, { rules: nothingAllowed });
    expect(code).toBeNull();
    expect(error).toMatch(/ is .+, which webhooks are not posted to$/);
  });

  const addressOf = (address: string) => ({ address, family: address.includes(":") ? 6 : 4 }) as const;

  it.each(["1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0", "192.169.0.0", "2606:4700::1111", "2a00::1"])(
    "%s is not",
    (address) => {
      expect(nothingAllowed.refusal(address, addressOf(address))).toBeNull();
    },
  );

  it("may be allowed alone, or with its subnet", () => {
    const rules = new AddressRules(["10.1.0.0/16", "192.168.7.7", "fd00::/8"]);
    const refusal = (address: string) => rules.refusal(address, addressOf(address));
    for (const address of ["10.1.255.255", "192.168.7.7", "fd12::1"]) expect(refusal(address), address).toBeNull();
    for (const address of ["10.2.0.0", "192.168.7.8", "fc00::1"]) expect(refusal(address), address).not.toBeNull();
  });
});

describe("what is allowed", () => {
  it.each(["10.0.0.0/33", "10.0.0.0/8/8", "::/129", "1.2.3.4/x", "a b", "http://host", "", "host:80"])("cannot be %j", (entry) => {
    expect(() => new AddressRules([entry])).toThrow(RangeError);
  });
});
