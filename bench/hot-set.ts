import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { prepareImage } from "../src/images/prepare.js";
import { RAM_BASE, wasmPages } from "../src/vmm/cpu/layout.js";
import { compileCore } from "../src/vmm/interpreter/interpreter.js";
import { Machine } from "../src/vmm/machine.js";
import { loadBootImage } from "../src/vmx/boot-image.js";

/** As many handlers as the hot function holds well: tests/vmm/core-module.test.ts has the limit, in bytes. */
const HOT_HANDLERS = 130;
const RAM_BYTES = 128 << 20;
const TARGET = new URL("../src/vmm/interpreter/hot-set.ts", import.meta.url);

/** What is typed at the prompt: a bit of everything that programs do, so that the boot alone doesn't decide. */
const WORKLOAD = [
  "sha256sum /bin/busybox; md5sum /bin/busybox",
  "gzip -c /bin/busybox | gunzip | wc -c",
  "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done; echo $i",
  "for i in 1 2 3 4 5 6 7 8 9 10; do ls -l /bin /proc > /dev/null; done",
  "dmesg | sort | uniq | grep -c e",
  "poweroff",
];

const USAGE = `usage: npm run bench -- hot-set [--write]
Counts the interpreter's dispatches over a boot of debian-mini and some work at its prompt, prints the most frequent handlers, and with
--write makes them the hot set (src/vmm/interpreter/hot-set.ts).
`;

/** `npm run bench -- hot-set`. */
export async function hotSet(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { write: { type: "boolean" }, help: { type: "boolean" } } });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const counts = await dispatches();
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  let covered = 0;
  for (const { handler, count } of counts.slice(0, HOT_HANDLERS)) {
    covered += count;
    process.stdout.write(
      `${((count / total) * 100).toFixed(3).padStart(7)} %  ${((covered / total) * 100).toFixed(2).padStart(6)} %  ${handler}\n`,
    );
  }
  if (values.write) await writeHotSet(counts.slice(0, HOT_HANDLERS).map(({ handler }) => handler));
  return 0;
}

/** Boots and works, in this thread and by the deterministic clock: the same counts every time. */
async function dispatches(): Promise<{ handler: string; count: number }[]> {
  const image = await prepareImage("debian-mini");
  const pages = wasmPages(RAM_BYTES);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const keyboard = new Typist(WORKLOAD);
  const machine = new Machine({
    memory,
    ramBytes: RAM_BYTES,
    clock: "deterministic",
    hostNs: () => Math.round(performance.now() * 1e6),
    wallClockMs: () => 0,
    serialSink: (port, byte) => {
      if (port === 0) keyboard.see(byte);
    },
    input: [keyboard, { length: 0, peek: () => 0, advance: () => undefined }],
    core: compileCore(true),
  });
  const { kernel, initrd, cmdline } = image;
  const storage = { ram: new Uint8Array(memory.buffer, RAM_BASE, RAM_BYTES), rom: new Uint8Array() };
  machine.boot(await loadBootImage(storage, { kind: "linux", kernel, initrd, cmdline }));
  for (;;) {
    const end = machine.run();
    if (end.kind === "halted" || end.kind === "reset") return machine.dispatches;
  }
}

/** Types a line whenever the console shows a prompt, and passes on what the guest prints. */
class Typist {
  private shown = "";
  private waiting = Buffer.alloc(0);
  private readonly lines: string[];

  constructor(lines: readonly string[]) {
    this.lines = [...lines];
  }

  see(byte: number): void {
    const character = String.fromCharCode(byte);
    process.stderr.write(character);
    this.shown = (this.shown + character).slice(-2);
    const line = this.shown === "# " ? this.lines.shift() : undefined;
    if (line !== undefined) this.waiting = Buffer.concat([this.waiting, Buffer.from(`${line}\n`)]);
  }

  get length(): number {
    return this.waiting.length;
  }
  peek(into: Uint8Array): number {
    const count = Math.min(into.length, this.waiting.length);
    into.set(this.waiting.subarray(0, count));
    return count;
  }
  advance(count: number): void {
    this.waiting = this.waiting.subarray(count);
  }
}

async function writeHotSet(keys: readonly string[]): Promise<void> {
  const list = keys.map((key) => `  "${key}",\n`).join("");
  const head = "/** Handlers dispatched inside the hot function, hottest first: written by `npm run bench -- hot-set --write`. */\n";
  await writeFile(TARGET, `${head}export const HOT: readonly string[] = [\n${list}];\n`);
}
