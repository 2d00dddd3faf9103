import { readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { catalogImage } from "../../src/images/catalog.js";
import { ImageCache } from "../../src/images/image-cache.js";
import { scratchFolder } from "./scratch-folder.js";
import { syntheticKernel } from "./synthetic-kernel.js";

const image = catalogImage("debian-mini");
const built = {
  kernel: syntheticKernel(),
  initrd: Buffer.from("initrd"),
  packages: [{ name: "linux-image-test", version: "1:2-3", sha256: "a".repeat(64) }],
};

it("finds nothing in an empty cache, and what was put into it", async () => {
  const cache = new ImageCache(await scratchFolder());
  expect(await cache.find(image)).toBeNull();
  await cache.put(image, built);
  const found = await cache.find(image);
  expect(found).toMatchObject({ name: "debian-mini", cmdline: image.cmdline, memoryMiB: 128, manifest: { packages: built.packages } });
  expect(await readFile(found?.kernel ?? "")).toEqual(Buffer.from(built.kernel));
  expect(await readFile(found?.initrd ?? "", "utf8")).toBe("initrd");
  expect(await readdir(join(cache.folder, "scratch"))).toEqual([]);
});

it.each([
  ["a truncated kernel", (folder: string) => truncate(join(folder, "kernel"), 100)],
  ["another initrd of the same size", (folder: string) => writeFile(join(folder, "initrd"), "dritni")],
  ["a damaged manifest", (folder: string) => writeFile(join(folder, "manifest.json"), "{")],
  ["a manifest of something else", (folder: string) => writeFile(join(folder, "manifest.json"), '{"format":2}')],
])("doesn't take %s for the image, and replaces it", async (_name, damage) => {
  const cache = new ImageCache(await scratchFolder());
  await cache.put(image, built);
  const [folder] = await readdir(join(cache.folder, "images"));
  await damage(join(cache.folder, "images", folder));
  expect(await cache.find(image)).toBeNull();
  await cache.put(image, built);
  expect(await cache.find(image)).not.toBeNull();
});

it("keeps images of other recipes apart", async () => {
  const cache = new ImageCache(await scratchFolder());
  await cache.put(image, built);
  expect(await cache.find({ ...image, recipe: "0123456789abcdef" })).toBeNull();
});

it("has one of several that put at the same time, whole", async () => {
  const cache = new ImageCache(await scratchFolder());
  await Promise.all([1, 2, 3, 4].map((n) => cache.put(image, { ...built, initrd: Buffer.from(`initrd ${n}`) })));
  expect(await cache.find(image)).not.toBeNull();
  expect(await readdir(join(cache.folder, "scratch"))).toEqual([]);
});
