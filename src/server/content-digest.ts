/** `Content-Digest` (RFC 9530): a structured-field dictionary of algorithms and byte sequences. */
import { ProblemError } from "./problem.js";

const nodeNames: Readonly<Record<string, { name: string; bytes: number }>> = {
  "sha-256": { name: "sha256", bytes: 32 },
  "sha-512": { name: "sha512", bytes: 64 },
};

/** Digests by Node's name of the algorithm. Algorithms that are not known are passed over, as the RFC asks, but one has to be known. */
export function contentDigests(header: string | undefined): Map<string, Buffer> {
  const digests = new Map<string, Buffer>();
  if (header === undefined) return digests;
  for (const member of header.split(",")) {
    const match = /^\s*([a-z0-9*._-]+)\s*=\s*:([A-Za-z0-9+/]*={0,2}):\s*$/.exec(member);
    if (!match) throw new ProblemError("invalid_digest", "Content-Digest looks like sha-256=:<base64>:");
    const algorithm = nodeNames[match[1]];
    if (algorithm === undefined) continue;
    const value = Buffer.from(match[2], "base64");
    if (value.length !== algorithm.bytes)
      throw new ProblemError("invalid_digest", `A ${match[1]} digest has ${algorithm.bytes} bytes, not ${value.length}`);
    digests.set(algorithm.name, value);
  }
  if (digests.size === 0) throw new ProblemError("invalid_digest", "Only sha-256 and sha-512 are known");
  return digests;
}
