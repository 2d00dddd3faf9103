/** QEMU's TCG, where it is installed: the same kernel, initrd, words and memory, handed over by its own boot loader. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Engine } from "../engine.js";

const QEMU = "qemu-system-i386";

export const qemu: Engine = {
  name: "QEMU TCG",
  rival: true,
  async describe() {
    try {
      const { stdout } = await promisify(execFile)(QEMU, ["--version"]);
      return { version: stdout.split("\n")[0] };
    } catch {
      return { missing: `${QEMU} is not installed` };
    }
  },
  async command(image) {
    const machine = ["-accel", "tcg", "-cpu", "qemu32", "-M", "pc", "-m", String(image.memoryMiB)];
    const boot = ["-kernel", image.kernel, "-initrd", image.initrd, "-append", image.cmdline];
    const ends = ["-display", "none", "-serial", "stdio", "-monitor", "none", "-net", "none", "-no-reboot"];
    return { argv: [QEMU, ...machine, ...boot, ...ends] };
  },
};
