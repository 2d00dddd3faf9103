// The process that bench/engines/v86.ts measures: plain JavaScript, so that its start costs v86 no compiler of ours.
// One argument: JSON with paths of kernel, initrd, bios and vgaBios, the command line, memoryMiB and jit. Serial console on standard output.
import { readFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { V86 } from "v86";

const options = JSON.parse(process.argv[2]);
const file = (path) => {
  const bytes = readFileSync(path);
  return { buffer: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) };
};

const machine = new V86({
  wasm_path: join(dirname(createRequire(import.meta.url).resolve("v86")), "v86.wasm"),
  memory_size: options.memoryMiB << 20,
  vga_memory_size: 8 << 20,
  bios: file(options.bios),
  vga_bios: file(options.vgaBios),
  bzimage: file(options.kernel),
  initrd: file(options.initrd),
  cmdline: options.cmdline,
  acpi: false,
  disable_jit: !options.jit,
  autostart: true,
});

let line = [];
machine.add_listener("serial0-output-byte", (byte) => {
  line.push(byte);
  if (byte !== 10) return;
  writeSync(1, Buffer.from(line));
  line = [];
});
