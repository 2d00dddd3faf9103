/** The images that every installation offers, and how each is made of Debian packages. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { DebianPackage, DebianPackages } from "./debian-packages.js";
import { ImageError } from "./image-error.js";
import { miniRoot, miniRootConfiguration } from "./mini-root.js";

export interface CatalogImage {
  name: string;
  description: string;
  /** Kernel command line and memory of a machine that brings none. */
  cmdline: string;
  memoryMiB: number;
  /** Changes whenever what `build` makes does: images prepared by another recipe are not this one. */
  recipe: string;
  /** @param onFraction 0 to 1; @throws ImageError */
  build(packages: DebianPackages, onFraction: (done: number) => void): Promise<BuiltImage>;
}

export interface BuiltImage {
  kernel: Uint8Array;
  initrd: Uint8Array;
  packages: DebianPackage[];
}

/** The console, and what spares the boot self-tests, probing for hardware that isn't there and workarounds for processors this isn't. */
const FAST_WORDS =
  "console=ttyS0 quiet nokaslr mitigations=off cryptomgr.notests noisapnp init_on_alloc=0 acpi=off noapic nolapic tsc=reliable " +
  "audit=0 lsm= 8250.nr_uarts=1 initcall_blacklist=load_system_certificate_list,crypto_kdf108_init panic=1";

/** A package that depends on the newest kernel of its flavour, and the pattern of that dependency. */
const KERNEL = { package: "linux-image-686", dependency: /^(linux-image-([\w.+-]+-686))\b/ };
const BUSYBOX = "busybox-static";
const SHELL = "mksh";
const INSTALLER = "debian-installer-12-netboot-i386";
const INSTALLER_FOLDER = "/usr/lib/debian-installer/images/12/i386/text/debian-installer/i386";

const debianMini: CatalogImage = {
  name: "debian-mini",
  description: "Debian 12's 686 kernel and a busybox root of a few MB: a root shell on the serial console",
  cmdline: FAST_WORDS,
  memoryMiB: 128,
  recipe: recipe("debian-mini", [KERNEL.package, BUSYBOX, SHELL], miniRootConfiguration),
  async build(packages, onFraction) {
    const flavour = await packages.download(KERNEL.package, () => undefined);
    const depends = await packages.dependencies(flavour);
    const [, kernelName, release] = KERNEL.dependency.exec(depends) ?? fail(`${KERNEL.package} depends on no kernel: ${depends}`);
    const kernel = await packages.download(kernelName, (done) => onFraction(0.7 * done));
    const busybox = await packages.download(BUSYBOX, () => undefined);
    const shell = await packages.download(SHELL, () => undefined);
    onFraction(0.75);
    const [kernelFile] = await packages.unpack(kernel, [`/boot/vmlinuz-${release}`]);
    onFraction(0.95);
    const [busyboxFile] = await packages.unpack(busybox, ["/bin/busybox"]);
    const [shellFile] = await packages.unpack(shell, ["/usr/lib/i386-linux-musl/bin/mksh"]);
    const root = miniRoot(await readFile(busyboxFile), await readFile(shellFile));
    return {
      kernel: await readFile(kernelFile),
      initrd: await promisify(gzip)(root, { level: 9 }),
      packages: [kernel, busybox, shell],
    };
  },
};

const debianInstaller: CatalogImage = {
  name: "debian-installer",
  description: "The text installer of Debian 12 on the serial console",
  // At this size the installer would begin by saying that it is short of memory for its translations, and go on in English only.
  cmdline: `${FAST_WORDS} lowmem=+0`,
  memoryMiB: 384,
  recipe: recipe("debian-installer", [INSTALLER], INSTALLER_FOLDER),
  async build(packages, onFraction) {
    const installer = await packages.download(INSTALLER, (done) => onFraction(0.8 * done));
    const [kernel, initrd] = await packages.unpack(installer, [`${INSTALLER_FOLDER}/linux`, `${INSTALLER_FOLDER}/initrd.gz`]);
    return { kernel: await readFile(kernel), initrd: await readFile(initrd), packages: [installer] };
  },
};

export const catalog: readonly CatalogImage[] = [debianMini, debianInstaller];

/** @throws ImageError `image_unknown` */
export function catalogImage(name: string): CatalogImage {
  const known = catalog.map((image) => image.name).join(", ");
  return catalog.find((image) => image.name === name) ?? fail(`There is no catalog image "${name}"; there are ${known}.`, "image_unknown");
}

function recipe(...parts: unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}

function fail(message: string, code: "preparation_failed" | "image_unknown" = "preparation_failed"): never {
  throw new ImageError(code, message);
}
