import type { Case, Result } from "./case.js";
import { type Difference, show } from "./compare.js";
import { fxAt } from "./generate/fx.js";

const hex = (bytes: ArrayLike<number>) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join(" ");

const VECTORS = [
  "#DE",
  "#DB",
  "NMI",
  "#BP",
  "#OF",
  "#BR",
  "#UD",
  "#NM",
  "#DF",
  "9",
  "#TS",
  "#NP",
  "#SS",
  "#GP",
  "#PF",
  "15",
  "#MF",
  "#AC",
  "#MC",
  "#XM",
];

/** A mismatch as text: bytes, initial state, both results, and what differs. */
export function describe(c: Case, expected: Result, actual: Result, found: readonly Difference[]): string {
  const lines = [
    `MISMATCH in ${c.family}${c.name === undefined ? "" : `, ${c.name}`}`,
    ...c.instructions.map(({ bytes, form }) => `    ${hex(bytes).padEnd(36)} ${form.title}`),
    `  initial  ${registers(c.gpr)} eip=${show(c.eip)} eflags=${show(c.eflags)}`,
  ];
  if (/x87|mmx|sse|convert|vector|approx|transc/.test(c.family)) lines.push(...floatingState(c.fx));
  lines.push(`    crossing ${hex(c.crossing)}`, `    edge     ${hex(c.edge)}`);
  lines.push(`  host     ${outcome(expected)}`, `  engine   ${outcome(actual)}`);
  for (const { field, expected: e, actual: a } of found) lines.push(`    ${field.padEnd(10)} host ${e}`, `    ${"".padEnd(10)}  got ${a}`);
  return lines.join("\n");
}

function outcome(result: Result): string {
  const end =
    result.ending === "fault"
      ? `${VECTORS[result.vector] ?? result.vector} error ${result.errorCode.toString(16)}${result.vector === 14 ? ` cr2=${show(result.cr2)}` : ""}`
      : result.ending;
  return `${end} ${registers(result.gpr)} eip=${show(result.eip)} eflags=${show(result.eflags)}`;
}

function registers(gpr: Uint32Array): string {
  return ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"].map((name, i) => `${name}=${show(gpr[i])}`).join(" ");
}

function floatingState(fx: Uint8Array): string[] {
  const view = new DataView(fx.buffer, fx.byteOffset, 512);
  const value = (at: number, length: number) =>
    Buffer.from(fx.subarray(at, at + length))
      .reverse()
      .toString("hex");
  const st = Array.from({ length: 8 }, (_, i) => `st${i}=${value(fxAt.st + 16 * i, 10)}`);
  const xmm = Array.from({ length: 8 }, (_, i) => `xmm${i}=${value(fxAt.xmm + 16 * i, 16)}`);
  return [
    `    fcw=${view.getUint16(0, true).toString(16)} fsw=${view.getUint16(2, true).toString(16)} ftw=${fx[4].toString(16)} mxcsr=${view.getUint32(fxAt.mxcsr, true).toString(16)}`,
    `    ${st.slice(0, 4).join(" ")}`,
    `    ${st.slice(4).join(" ")}`,
    `    ${xmm.slice(0, 4).join(" ")}`,
    `    ${xmm.slice(4).join(" ")}`,
  ];
}
