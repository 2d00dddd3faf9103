import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Case, IsaEngine, Result } from "../case.js";
import { tail } from "../layout.js";
import { oracleExecutable } from "./elf.js";
import { CASE_SIZE, caseAt, endings, GREETING_SIZE, MAGIC, resultAt } from "./records.js";

/** Why the host can't be asked; the tests are skipped and say so. */
export class NoOracle extends Error {}

/** The host's own processor. Each `run` is one process, so that nothing is carried over. */
export class HostOracle implements IsaEngine {
  readonly name = "host";
  readonly lacks = {};
  readonly #folder: string;
  readonly #program: string;
  /** Whether the page for 16-bit addressing is there. */
  readonly lowPage: boolean;

  /** @throws NoOracle where this host can't run 32-bit code or does not let the oracle confine itself. */
  constructor() {
    if (process.platform !== "linux" || process.arch !== "x64") {
      throw new NoOracle(`cases run on x86-64 Linux only, this is ${process.arch} ${process.platform}`);
    }
    this.#folder = mkdtempSync(join(tmpdir(), "isa-oracle-"));
    this.#program = join(this.#folder, "oracle");
    writeFileSync(this.#program, oracleExecutable(), { mode: 0o700 });
    try {
      this.lowPage = this.#execute(Buffer.alloc(0)).readUInt32LE(4) === 1;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  run(cases: readonly Case[]): Result[] {
    const output = this.#execute(encodeCases(cases));
    const results: Result[] = [];
    let at = GREETING_SIZE;
    while (at < output.length) {
      const pairs = output.readUInt32LE(at + resultAt.writes);
      results.push(decodeResult(output, at, pairs));
      at += (resultAt.pairs + 8 * pairs + 15) & ~15;
    }
    if (results.length !== cases.length) throw new Error(`oracle: ${results.length} results for ${cases.length} cases`);
    return results;
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #execute(input: Buffer): Buffer {
    const { stdout, status, signal, error } = spawnSync(this.#program, [], {
      input,
      maxBuffer: Number.POSITIVE_INFINITY,
      timeout: 120_000,
      killSignal: "SIGKILL",
      stdio: ["pipe", "pipe", "inherit"],
    });
    if (error !== undefined && stdout === null) throw new NoOracle(`the host does not run the oracle: ${error.message}`);
    if (stdout.length < GREETING_SIZE || stdout.readUInt32LE(0) !== MAGIC) {
      throw new NoOracle(`the host does not let the oracle run or confine itself (status ${status}, signal ${signal})`);
    }
    if (status !== 0) throw new Error(`oracle: status ${status}, signal ${signal}, after ${stdout.length} bytes`);
    return stdout;
  }
}

function encodeCases(cases: readonly Case[]): Buffer {
  const input = Buffer.alloc(cases.length * CASE_SIZE);
  cases.forEach((c, i) => {
    const at = i * CASE_SIZE;
    input.writeUInt32LE(c.code.length + tail.length, at + caseAt.codeLength);
    input.writeUInt32LE(c.eip, at + caseAt.eip);
    input.writeUInt32LE(c.eflags >>> 0, at + caseAt.eflags);
    for (let r = 0; r < 8; r++) input.writeUInt32LE(c.gpr[r], at + caseAt.gpr + 4 * r);
    input.set(c.code, at + caseAt.code);
    input.set(tail, at + caseAt.code + c.code.length);
    input.set(c.crossing, at + caseAt.crossing);
    input.set(c.edge, at + caseAt.edge);
    input.set(c.fx, at + caseAt.fx);
  });
  return input;
}

function decodeResult(output: Buffer, at: number, pairs: number): Result {
  const word = (offset: number) => output.readUInt32LE(at + offset);
  const ending = endings[word(resultAt.ending)];
  const isFault = ending === "fault";
  const vector = isFault ? word(resultAt.vector) : 0;
  const gpr = new Uint32Array(8);
  for (let r = 0; r < 8; r++) gpr[r] = word(resultAt.gpr + 4 * r);
  const segments = new Uint16Array(6);
  for (let s = 0; s < 6; s++) segments[s] = output.readUInt16LE(at + resultAt.segments + 2 * s);
  const writes = new Uint32Array(2 * pairs);
  for (let i = 0; i < writes.length; i++) writes[i] = word(resultAt.pairs + 4 * i);
  return {
    ending,
    vector,
    errorCode: isFault ? word(resultAt.errorCode) : 0,
    cr2: vector === 14 ? word(resultAt.cr2) : 0,
    eip: word(resultAt.eip),
    eflags: word(resultAt.eflags),
    gpr,
    segments,
    fx: output.subarray(at + resultAt.fx, at + resultAt.fx + 512),
    writes,
  };
}

/** The oracle, or why this host has none. */
export function openHostOracle(): { host: HostOracle } | { reason: string } {
  try {
    return { host: new HostOracle() };
  } catch (error) {
    if (error instanceof NoOracle) return { reason: error.message };
    throw error;
  }
}
