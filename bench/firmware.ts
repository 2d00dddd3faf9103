/** SeaBIOS and its VGA BIOS out of Debian's package, kept in the image cache: v86 needs them and doesn't bring them. */
import { access, mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { DebianPackages } from "../src/images/debian-packages.js";
import { ImageCache } from "../src/images/image-cache.js";

export interface Firmware {
  bios: string;
  vgaBios: string;
}

const FOLDER = "/usr/share/seabios";

export async function firmware(cache: ImageCache = new ImageCache()): Promise<Firmware> {
  const folder = join(cache.folder, "firmware");
  const kept = { bios: join(folder, "bios.bin"), vgaBios: join(folder, "vgabios-stdvga.bin") };
  const isKept = await Promise.all([access(kept.bios), access(kept.vgaBios)]).then(
    () => true,
    () => false,
  );
  if (isKept) return kept;
  await cache.withScratch(async (scratch) => {
    const packages = await DebianPackages.open(scratch, () => undefined);
    const seabios = await packages.download("seabios", () => undefined);
    const [bios, vgaBios] = await packages.unpack(seabios, [`${FOLDER}/bios.bin`, `${FOLDER}/vgabios-stdvga.bin`]);
    await mkdir(folder, { recursive: true });
    await rename(bios, kept.bios);
    await rename(vgaBios, kept.vgaBios);
  });
  return kept;
}
