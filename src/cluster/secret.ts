/** How API servers and workers of one installation know each other: by the cluster secret, in `Authorization: Bearer`. */
import { createHash, timingSafeEqual } from "node:crypto";

export function bearerOf(clusterSecret: string): string {
  return `Bearer ${clusterSecret}`;
}

export function isBearerOf(secret: string, header: string | undefined): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return header !== undefined && timingSafeEqual(digest(header), digest(bearerOf(secret)));
}
