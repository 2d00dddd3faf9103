/**
 * `npm run bench -- viewers [--viewers N] [--seconds N] [--rate N] [--bytes N]`: a debian-mini whose shell writes lines at a steady rate, looked at by so many, the
 * last of whom never reads. Each line carries the guest's time; a line's delivery is from there to its arrival, both clocks laid together by the quickest one.
 * Exit code 1 where bytes are not the guest's, or where the monitor waited for its console. Aim: 99 of 100 deliveries within 60 ms.
 */
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { READY_LINE } from "../../src/images/mini-root.js";
import type { MachineStats } from "../../src/vmx/stats.js";
import { host, note } from "../host.js";
import { percentile, table } from "../table.js";
import { Installation, type Operation } from "./installation.js";
import { Viewer } from "./viewer.js";

interface Line {
  /** Of the guest, in milliseconds. */
  time: number;
  /** Console offsets of its first byte and behind its last. */
  from: number;
  to: number;
}

export async function viewers(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      viewers: { type: "string", default: "500" },
      seconds: { type: "string", default: "20" },
      rate: { type: "string", default: "60" },
      bytes: { type: "string", default: "1024" },
    },
  });
  const [count, seconds, rate, bytes] = [values.viewers, values.seconds, values.rate, values.bytes].map(Number);
  const installation = await Installation.start();
  try {
    const vm = await bootedMachine(installation);
    let heard = "";
    const watching: Viewer[] = [];
    const reference: Buffer[] = [];
    const writer = await new Viewer(installation.stream(`/v1/vms/${vm}/console?from=end`, "console.v1"), (data) => {
      reference.push(data);
      heard = (heard + data.toString("latin1")).slice(-64);
    }).opened();
    const start = writer.position;
    while (watching.length < count - 1) watching.push(await openViewer(installation, vm));
    const stalled = watching[watching.length - 1];
    stalled.socket.pause();
    note(`${count} viewers, one of them stalled`);

    const [before, cpuBefore] = [await statsOf(installation, vm), await serverCpuSeconds(installation)];
    writer.socket.send(Buffer.from(script(Math.round(seconds * rate), rate, bytes)));
    const limit = performance.now() + (seconds * 3 + 30) * 1000;
    // Up to the prompt, the last that the guest prints.
    while (!/written-all\r\n.*# $/.test(heard)) {
      if (performance.now() > limit) throw new Error(`the guest did not finish; its console ends with ${JSON.stringify(heard)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const reading = watching.filter((viewer) => viewer !== stalled);
    const end = writer.position;
    const patience = performance.now() + 30_000;
    while (reading.some(({ position }) => position < end) && performance.now() < patience)
      await new Promise((resolve) => setTimeout(resolve, 100));
    const [after, cpuAfter] = [await statsOf(installation, vm), await serverCpuSeconds(installation)];
    stalled.socket.resume();
    while (stalled.position < end && performance.now() < patience) await new Promise((resolve) => setTimeout(resolve, 100));

    const console = Buffer.concat(reference);
    const lines = linesOf(console, start);
    const times = deliveries([writer, ...reading], lines);
    const wrong = [writer, ...watching].filter((viewer) => !isTrue(viewer, console, start, end));
    const waits = after.worldSwitches.throttle.count - before.worldSwitches.throttle.count;
    const wrote = lines[lines.length - 1].time - lines[0].time;
    process.stdout.write(
      `${lines.length} lines of ${bytes} bytes, ${(lines.length / (wrote / 1000)).toFixed(1)} a second, to ${count} viewers\n\n` +
        table([
          ["milliseconds from the guest to a viewer", "p50", "p90", "p99", "most"],
          ["all that read", ...[50, 90, 99, 100].map((share) => percentile(times, share).toFixed(1))],
        ]) +
        `\nthe server (API and worker in one process) used ${((cpuAfter - cpuBefore) / (wrote / 1000)).toFixed(2)} of a processor\n` +
        `frames for each line: ${(writer.positions.length / lines.length).toFixed(1)}\nskips: ${reading.reduce((sum, { skips }) => sum + skips, 0)} of viewers that read, ` +
        `${stalled.skips} of the stalled one (${stalled.skippedBytes} bytes)\n` +
        `the monitor waited for its console ${waits} times; streams whose bytes are not the guest's: ${wrong.length}\n\n${host()}\n`,
    );
    return wrong.length === 0 && waits === 0 ? 0 : 1;
  } finally {
    await installation.close();
  }
}

async function bootedMachine(installation: Installation): Promise<string> {
  const operation = await installation.post<Operation & { resources: { vm: string } }>("/v1/vms", { image: "debian-mini" });
  const { vm } = operation.resources;
  const { state, error } = await installation.get<Operation>(`/v1/operations/${operation.id}/wait?timeout=60`);
  if (state !== "succeeded") throw new Error(`the create ended as ${state}: ${error?.message}`);
  const socket = installation.stream(`/v1/vms/${vm}/console`, "console.v1");
  await new Promise<void>((resolve) => {
    let text = "";
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      if (!isBinary) return;
      text += data.toString("latin1");
      if (text.includes(READY_LINE) && text.trimEnd().endsWith("#")) resolve();
    });
  });
  socket.close();
  return vm;
}

/** For the guest's shell, which does all of it by itself. Each line is due a period behind the one before, however long that took. */
function script(lines: number, rate: number, bytes: number): string {
  // What stands before the filler, and CR LF behind it.
  const filler = bytes - "L 1234567890.123456 ".length - 2;
  // Its numbers have 32 bits: so of the time, microseconds of the last thousand seconds; when those begin anew, so does the pace.
  const now = `t=\${EPOCHREALTIME#???????}; t=$((10#\${t%.*}\${t#*.}))`;
  return [
    `stty -echo; f=$(printf '%0${filler}d' 7); typeset -Z6 w; i=0; ${now}; due=$t`,
    `while ((i++ < ${lines})); do print "L $EPOCHREALTIME $f"; ((due += ${Math.round(1e6 / rate)})); ${now}; ((n = due - t)); w=$n; if ((n > 999999 || n < -999999)); then due=$t; elif ((n > 0)); then sleep 0.$w; fi; done`,
    `stty echo; print written-''all\n`,
  ].join("; ");
}

async function openViewer(installation: Installation, vm: string): Promise<Viewer> {
  return new Viewer(installation.stream(`/v1/vms/${vm}/console?from=end`, "console.v1")).opened();
}

async function statsOf(installation: Installation, vm: string): Promise<MachineStats> {
  const { stats } = await installation.get<{ stats: MachineStats | null }>(`/v1/vms/${vm}/stats`);
  if (stats === null) throw new Error("the machine does not run any more");
  return stats;
}

async function serverCpuSeconds({ url, token }: Installation): Promise<number> {
  const response = await fetch(`${url}/metrics`, { headers: { Authorization: `Bearer ${token}` } });
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(await response.text())?.[1]);
}

function linesOf(console: Buffer, start: number): Line[] {
  return [...console.toString("latin1").matchAll(/L (\d+\.\d+) \d+\r\n/g)].map(({ 0: text, 1: time, index }) => {
    return { time: Number(time) * 1000, from: start + index, to: start + index + text.length };
  });
}

/** Milliseconds, less those of the quickest. */
function deliveries(viewers: readonly Viewer[], lines: readonly Line[]): number[] {
  const times: number[] = [];
  for (const viewer of viewers) {
    let at = 0;
    for (const { time, from, to } of lines) {
      at = viewer.frameOf(to, at);
      if (viewer.has(from, to)) times.push(viewer.arrivals[at] - time);
    }
  }
  const quickest = times.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY);
  return times.map((time) => time - quickest);
}

/** Whether a viewer has seen the guest's bytes, up to the end, but for what it was told. */
function isTrue(viewer: Viewer, console: Buffer, start: number, end: number): boolean {
  const hashed = viewer.stretches.every(({ from, to, hash }) => {
    const expected = createHash("sha256").update(console.subarray(from - start, to - start));
    return expected.digest("hex") === hash.copy().digest("hex");
  });
  const received = viewer.stretches.reduce((sum, { from, to }) => sum + to - from, 0);
  return hashed && viewer.position === end && received + viewer.skippedBytes === end - viewer.stretches[0].from;
}
