import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { readBzImage } from "../../src/images/bzimage.js";
import { ImageCache } from "../../src/images/image-cache.js";
import { prepareImage } from "../../src/images/prepare.js";
import { scratchFolder } from "./scratch-folder.js";

const MINUTES = 60_000;

/** For the running test only. */
function setEnvironment(name: string, value: string): void {
  const before = process.env[name];
  process.env[name] = value;
  onTestFinished(() => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
}

describe("preparing debian-mini out of the host's Debian mirrors", () => {
  it(
    "gives a kernel and a root that boots to init, and sums of both",
    async () => {
      const progress: number[] = [];
      const image = await prepareImage("debian-mini", { onProgress: ({ fraction }) => progress.push(fraction) });
      expect(progress).toEqual([...progress].sort((a, b) => a - b));
      expect(readBzImage(await readFile(image.kernel)).loadAddress).toBe(0x100000);
      const root = gunzipSync(await readFile(image.initrd)).toString("latin1");
      for (const path of ["init", "bin/busybox", "bin/mksh", "etc/inittab", "dev/console"]) expect(root).toContain(`${path}\0`);
      expect(root.split("\x7fELF\x01\x01\x01").length - 1, "ELF programs").toBeGreaterThanOrEqual(2);
      expect(image.cmdline).toMatch(/^console=ttyS0 .*panic=1$/);
      expect(image.manifest.packages.map(({ name }) => name)).toEqual([
        expect.stringMatching(/^linux-image-6\.1\..*-686$/),
        "busybox-static",
        "mksh",
      ]);
    },
    5 * MINUTES,
  );
});

describe("where it cannot be prepared, a typed error says why, and nothing stays behind", () => {
  it("an unknown name", async () => {
    const cache = new ImageCache(await scratchFolder());
    await expect(prepareImage("../debian-mini", { cache })).rejects.toMatchObject({ code: "image_unknown" });
    expect(await readdir(cache.folder)).toEqual([]);
  });

  it("a host without apt-get", async () => {
    const cache = new ImageCache(await scratchFolder());
    setEnvironment("PATH", cache.folder);
    const preparing = prepareImage("debian-mini", { cache });
    await expect(preparing).rejects.toMatchObject({ code: "package_client_missing", message: expect.stringContaining("images import") });
    expect(await readdir(join(cache.folder, "scratch"))).toEqual([]);
    expect(await readdir(join(cache.folder, "locks"))).toEqual([]);
  });

  it(
    "a mirror that cannot be reached",
    async () => {
      const folder = await scratchFolder();
      const cache = new ImageCache(folder);
      // Nothing listens on port 1: every connection is refused at once.
      const proxies = ["http", "https"].map((scheme) => `Acquire::${scheme}::Proxy "http://127.0.0.1:1";`);
      await writeFile(join(folder, "apt.conf"), proxies.join("\n"));
      setEnvironment("APT_CONFIG", join(folder, "apt.conf"));
      const preparing = prepareImage("debian-mini", { cache });
      await expect(preparing).rejects.toMatchObject({ code: "package_source_unavailable", message: expect.stringContaining("127.0.0.1") });
      expect(await readdir(join(folder, "scratch"))).toEqual([]);
    },
    2 * MINUTES,
  );

  it("a request that is taken back", async () => {
    const cache = new ImageCache(await scratchFolder());
    const abort = new AbortController();
    const preparing = prepareImage("debian-mini", { cache, signal: abort.signal, onProgress: () => abort.abort() });
    await expect(preparing).rejects.toMatchObject({ name: "AbortError" });
    expect(await readdir(join(cache.folder, "scratch"))).toEqual([]);
  });
});
