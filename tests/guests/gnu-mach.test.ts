import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DebianPackages } from "../../src/images/debian-packages.js";
import { elf32 } from "../images/synthetic-multiboot.js";
import { TinyMachine } from "../world/tiny-machine.js";

/** GNU Mach as Debian has it: a gzip-packed Multiboot kernel. */
const PACKAGE = "gnumach-image-1.8-486";
const KERNEL = "/boot/gnumach-1.8-486.gz";

const PROGRAM = 0x0804_8000 + 52 + 32;
const MACH_PRINT = -30;
const GREETING = "hello from ring 3\n";

/** A program for its first task: says hello by a system call, which goes through a call gate, then loops. */
function program(): Uint8Array {
  const text = Buffer.from(`${GREETING}\0`, "latin1");
  const code = Buffer.from([
    ...[0xb8, MACH_PRINT & 0xff, 0xff, 0xff, 0xff], // mov eax, mach_print
    ...[0x68, 0, 0, 0, 0, 0x6a, 0x00], // push text; push 0 (a return address)
    ...[0x9a, 0, 0, 0, 0, 0x07, 0x00], // call far 7:0
    ...[0xeb, 0xfe], // jmp $
  ]);
  code.writeUInt32LE(PROGRAM + code.length, 6);
  return elf32({ segments: [{ address: PROGRAM, data: Uint8Array.from(Buffer.concat([code, text])) }], entry: PROGRAM });
}

let folder: string;
let kernel: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "worldswitch-mach-"));
  const packages = await DebianPackages.open(folder, () => undefined);
  [kernel] = await packages.unpack(await packages.download(PACKAGE, () => undefined), [KERNEL]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("GNU Mach", () => {
  it("boots, sees its memory, and misses a module", async () => {
    await using machine = new TinyMachine({ boot: { kind: "multiboot", kernel, cmdline: "gnumach console=com0", modules: [] } });
    await machine.untilOutput("No bootstrap code loaded with the kernel");
    expect(machine.output).toContain("0000000000100000:000000000002000000, available");
  });

  it("starts a module as its first task", async () => {
    const file = join(folder, "program");
    await writeFile(file, program());
    const modules = [{ file, cmdline: "program $(task-create) $(task-resume)" }];
    await using machine = new TinyMachine({ boot: { kind: "multiboot", kernel, cmdline: "gnumach console=com0", modules } });
    await machine.untilOutput(GREETING.replace("\n", "\r\n"));
    expect(machine.output).toContain("1 multiboot modules");
  });
});
