/** Where an API server gives uploaded files to workers, by SHA-256 in lower-case hexadecimal. */
export const fileRoute = "/internal/files/:sha256";

export function fileUrl(origin: string, sha256: string): URL {
  return new URL(fileRoute.replace(":sha256", sha256), origin);
}
