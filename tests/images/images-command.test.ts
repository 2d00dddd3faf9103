import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { imagesCommand } from "../../src/command/images.js";
import { catalogImage } from "../../src/images/catalog.js";
import { ImageCache } from "../../src/images/image-cache.js";
import { scratchFolder } from "./scratch-folder.js";
import { syntheticKernel } from "./synthetic-kernel.js";

async function runIn(folder: string, ...args: string[]) {
  let [stdout, stderr] = ["", ""];
  const terminal = {
    stdout: {
      write: (text: string) => {
        stdout += text;
      },
    },
    stderr: {
      write: (text: string) => {
        stderr += text;
      },
    },
  };
  const code = await imagesCommand(args, terminal, new ImageCache(folder));
  return { code, stdout, stderr };
}

it("lists the catalog, exports a prepared image and imports it elsewhere", async () => {
  const folder = await scratchFolder();
  const [here, there, archive] = [join(folder, "here"), join(folder, "there"), join(folder, "mini.image")];
  await new ImageCache(here).put(catalogImage("debian-mini"), { kernel: syntheticKernel(), initrd: Buffer.from("initrd"), packages: [] });

  expect((await runIn(here, "list")).stdout).toMatch(/^debian-mini +prepared +128 MiB.*\ndebian-installer +not prepared +384 MiB/);
  expect(await runIn(here, "export", "debian-mini", archive)).toEqual({ code: 0, stdout: "", stderr: "" });
  expect((await runIn(there, "list")).stdout).toMatch(/^debian-mini +not prepared/);
  expect((await runIn(there, "import", archive)).stdout).toContain(`kernel  ${there}`);
  expect((await runIn(there, "list")).stdout).toMatch(/^debian-mini +prepared/);
});

it("says what is wrong and exits with 1", async () => {
  const folder = await scratchFolder();
  expect(await runIn(folder, "prepare", "debian-maxi")).toMatchObject({ code: 1, stderr: expect.stringContaining("debian-mini") });
  expect(await runIn(folder, "import", join(folder, "missing"))).toMatchObject({ code: 1, stderr: expect.stringContaining("ENOENT") });
  await writeFile(join(folder, "rubbish"), "rubbish");
  expect(await runIn(folder, "import", join(folder, "rubbish"))).toMatchObject({
    code: 1,
    stderr: "The archive is rejected: it is truncated.\n",
  });
});

it.each([[], ["list", "x"], ["prepare"], ["remove", "x"]])("exits with 2 and shows its use", async (...args) => {
  expect(await runIn(await scratchFolder(), ...args)).toMatchObject({ code: 2, stderr: expect.stringContaining("images prepare NAME") });
});
