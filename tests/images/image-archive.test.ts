import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { catalogImage } from "../../src/images/catalog.js";
import { type CpioEntry, writeCpio } from "../../src/images/cpio.js";
import { exportImage, importImage } from "../../src/images/image-archive.js";
import { bytesSum, ImageCache } from "../../src/images/image-cache.js";
import type { Manifest } from "../../src/images/manifest.js";
import { scratchFolder } from "./scratch-folder.js";
import { syntheticKernel } from "./synthetic-kernel.js";

const image = catalogImage("debian-mini");
const kernel = syntheticKernel();
const initrd = Buffer.from("initrd");
const packages = [{ name: "linux-image-test", version: "1", sha256: "a".repeat(64) }];
const manifest: Manifest = {
  format: 1,
  name: image.name,
  recipe: image.recipe,
  files: { kernel: bytesSum(kernel), initrd: bytesSum(initrd) },
  packages,
};
const file = (path: string, data: Uint8Array): CpioEntry => ({ kind: "file", path, data });
const json = (value: unknown) => file("manifest.json", Buffer.from(JSON.stringify(value)));

describe("carrying an image to another host", () => {
  it("exports one file and imports the same image from it", async () => {
    const folder = await scratchFolder();
    const [here, there] = [new ImageCache(join(folder, "here")), new ImageCache(join(folder, "there"))];
    await here.put(image, { kernel, initrd, packages });
    const prepared = await here.find(image);
    if (!prepared) throw new Error("not prepared");
    const archive = join(folder, "mini.image");
    await exportImage(prepared, archive);
    const imported = await importImage(archive, there);
    expect(imported.manifest).toEqual(prepared.manifest);
    expect(imported.kernel.startsWith(there.folder)).toBe(true);
    expect(await readFile(imported.kernel)).toEqual(await readFile(prepared.kernel));
    expect(await readFile(imported.initrd)).toEqual(await readFile(prepared.initrd));
  });
});

describe("an archive from who knows where is refused", () => {
  const good = [json(manifest), file("kernel", kernel), file("initrd", initrd)];
  const noKernel = Buffer.alloc(kernel.length, 1);
  it.each<[string, RegExp, CpioEntry[]]>([
    ["without an initrd", /nothing else/, good.slice(0, 2)],
    ["with something more", /nothing else/, [...good, file("../../etc/cron.d/x", initrd)]],
    ["with a path for a name", /nothing else/, [json(manifest), file("kernel", kernel), file("/etc/passwd", initrd)]],
    ["with a link", /not a plain file/, [json(manifest), file("kernel", kernel), { kind: "link", path: "initrd", target: "/etc/shadow" }]],
    ["with a manifest that isn't JSON", /manifest/, [file("manifest.json", Buffer.from("x")), ...good.slice(1)]],
    ["with a manifest that holds more", /manifest/, [json({ ...manifest, cmdline: "init=/evil" }), ...good.slice(1)]],
    ["with another kernel than it says", /kernel is not what/, [json(manifest), file("kernel", noKernel), file("initrd", initrd)]],
    ["of an unknown image", /no catalog image "\.\.\/x"/, [json({ ...manifest, name: "../x" }), ...good.slice(1)]],
    ["of another recipe", /another version/, [json({ ...manifest, recipe: "0" }), ...good.slice(1)]],
    [
      "whose kernel is none",
      /not a Linux bzImage/,
      [json({ ...manifest, files: { ...manifest.files, kernel: bytesSum(noKernel) } }), file("kernel", noKernel), file("initrd", initrd)],
    ],
  ])("%s", async (_name, reason, entries) => {
    const folder = await scratchFolder();
    const cache = new ImageCache(join(folder, "cache"));
    const archive = join(folder, "archive");
    await writeFile(archive, writeCpio(entries));
    await expect(importImage(archive, cache)).rejects.toThrow(reason);
    await expect(importImage(archive, cache)).rejects.toMatchObject({ name: "ImageError" });
    expect(await cache.find(image)).toBeNull();
  });

  it("that is a folder", async () => {
    const folder = await scratchFolder();
    await expect(importImage(folder, new ImageCache(folder))).rejects.toMatchObject({ code: "archive_rejected" });
  });
});
