/**
 * Guests that test the processor from within: Debian's kernels with the self-tests of their crypto modules, the compiler for BPF programs that writes
 * code and runs it, and the distribution's own OpenSSL (hand-written SSE2) and Perl (x87). Made of packages, like the images of the catalog.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type CpioEntry, writeCpio } from "../../src/images/cpio.js";
import { DebianPackages } from "../../src/images/debian-packages.js";
import { runProgram } from "../../src/images/program.js";

export type Flavour = "686" | "686-pae";

/** Folders of a kernel package, below kernel/, that hold what tests itself. */
const MODULE_FOLDERS = ["crypto", "arch/x86/crypto", "lib"];
const LIBRARIES = ["ld-linux.so.2", "libc.so.6", "libm.so.6", "libcrypt.so.1", "libcrypto.so.3", "libssl.so.3"];

/** The script of the guest's init; `commands` run after everything has been mounted, and what they print goes to the console. */
const init = (commands: string) => `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
${commands}
poweroff -f
`;

const file = async (path: string, from: string, mode: number): Promise<CpioEntry> => ({
  kind: "file",
  path,
  data: await readFile(from),
  mode,
});
const folder = (path: string): CpioEntry => ({ kind: "directory", path });

/** The unpacked packages of one Debian release: kernels, modules and programs. */
export class SelfTestParts {
  private constructor(
    private readonly scratch: string,
    private readonly packages: DebianPackages,
    /** Path of its /bin/busybox. */
    readonly busybox: string,
    private readonly programs: Map<string, string>,
    private readonly libraries: Map<string, string>,
  ) {}

  /** @throws ImageError where packages cannot be had */
  static async fetch(): Promise<SelfTestParts> {
    const scratch = await mkdtemp(join(tmpdir(), "worldswitch-self-test-"));
    try {
      const state = join(scratch, "packages");
      await mkdir(state);
      const packages = await DebianPackages.open(state, () => undefined);
      const unpack = async (name: string, members: readonly string[]) =>
        packages.unpack(await packages.download(name, () => undefined), members);
      const [busybox] = await unpack("busybox-static", ["/bin/busybox"]);
      const [perl] = await unpack("perl-base", ["/usr/bin/perl"]);
      const [openssl] = await unpack("openssl", ["/usr/bin/openssl"]);
      const folders = [
        ...(await unpack("libc6", ["/lib/i386-linux-gnu"])),
        ...(await unpack("libcrypt1", ["/lib/i386-linux-gnu"])),
        ...(await unpack("libssl3", ["/usr/lib/i386-linux-gnu"])),
      ];
      const libraries = new Map<string, string>();
      for (const from of folders)
        for (const name of await readdir(from)) if (LIBRARIES.includes(name)) libraries.set(name, join(from, name));
      const programs = new Map(Object.entries({ perl, openssl }));
      return new SelfTestParts(scratch, packages, busybox, programs, libraries);
    } catch (error) {
      await rm(scratch, { recursive: true, force: true });
      throw error;
    }
  }

  /** Kernel and initrd of a machine that carries out `commands`; its crypto modules lie where modprobe finds them. */
  async guest(flavour: Flavour, commands: string): Promise<{ kernel: string; initrd: string }> {
    const { packages } = this;
    const newest = await packages.download(`linux-image-${flavour}`, () => undefined);
    const [name] = /^linux-image-[\w.+-]+/.exec(await packages.dependencies(newest)) ?? [];
    if (name === undefined) throw new Error(`linux-image-${flavour} depends on no kernel`);
    const release = name.slice("linux-image-".length);
    const base = `lib/modules/${release}`;
    const [kernel, ...modules] = await packages.unpack(await packages.download(name, () => undefined), [
      `/boot/vmlinuz-${release}`,
      ...MODULE_FOLDERS.map((path) => `/${base}/kernel/${path}`),
    ]);
    const entries: CpioEntry[] = ["bin", "dev", "lib", "lib/modules", base, "proc", "sbin", "sys", "tmp"].map(folder);
    entries.push(await file("bin/busybox", this.busybox, 0o755));
    entries.push({ kind: "link", path: "sbin/modprobe", target: "../bin/busybox" });
    for (const [program, from] of this.programs) entries.push(await file(`bin/${program}`, from, 0o755));
    for (const [library, from] of this.libraries) entries.push(await file(`lib/${library}`, from, 0o755));
    for (const path of modules) {
      const found = await readdir(path, { recursive: true, withFileTypes: true });
      for (const { name, parentPath } of found.filter((entry) => entry.isFile())) {
        entries.push(await file(`${base}/${name}`, join(parentPath, name), 0o644));
      }
    }
    entries.push({ kind: "file", path: "init", data: Buffer.from(init(commands)), mode: 0o755 });
    const initrd = join(this.scratch, `${basename(kernel)}.cpio`);
    await writeFile(initrd, writeCpio(entries));
    return { kernel, initrd };
  }

  /** What a program of the guests prints on the host's own processor; undefined where that does not run 32-bit programs. */
  async natively(program: string, args: readonly string[]): Promise<string | undefined> {
    const folder = join(this.scratch, "native");
    await mkdir(folder, { recursive: true });
    for (const [library, from] of this.libraries) await writeFile(join(folder, library), await readFile(from), { mode: 0o755 });
    const path = this.programs.get(program);
    if (path === undefined) throw new Error(`no program ${program}`);
    const loader = join(folder, "ld-linux.so.2");
    const result = await runProgram(loader, ["--library-path", folder, path, ...args]).catch(() => undefined);
    return result?.code === 0 ? result.stdout : undefined;
  }

  async remove(): Promise<void> {
    await rm(this.scratch, { recursive: true, force: true });
  }
}
