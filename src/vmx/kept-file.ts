import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { cachedDataVersionTag } from "node:v8";
import { monitorDigest } from "../world/built-monitor.js";
import { PACK } from "../world/kept/pack.js";
import type { BootFiles } from "./spec.js";

/** Bytes at the start of what is booted that tell it from others; a kernel's version stands among them. */
const TELLING_BYTES = 2 ** 20;
const SHORT = 24;

/**
 * V8 takes code back only if its version, its flags and the processor's features are the same, which its tag stands for. That is asked for before a
 * translator thread has set flags; one of those depends on how many processors there are.
 */
const V8 = `${process.version} ${process.arch} ${cachedDataVersionTag()} ${availableParallelism()}`;

/**
 * The file that translations of such a machine are kept in: another one for what boots otherwise, for another monitor (whose code may differ for the same
 * guest), and for another V8. @param dist folder of everything that is compiled, if it is not this one
 */
export async function keptFile(folder: string, boot: BootFiles, dist?: string): Promise<string> {
  const guest = createHash("sha256").update(await beginning(boot.kind === "rom" ? boot.rom : boot.kernel));
  const host = createHash("sha256").update(`${await monitorDigest(dist)} ${V8}`);
  return join(folder, `${guest.digest("hex").slice(0, SHORT)}-${host.digest("hex").slice(0, SHORT)}${PACK}`);
}

async function beginning(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const bytes = Buffer.alloc(TELLING_BYTES);
    const { bytesRead } = await file.read(bytes, 0, TELLING_BYTES, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
