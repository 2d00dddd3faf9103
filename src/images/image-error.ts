/** What can be wrong with an image, as a value that reaches the API and the command line unchanged. */

/**
 * - `image_unknown`: the catalog has no image of that name.
 * - `image_rejected`: a file is not what it should be (not a bzImage, truncated, too large for the machine).
 * - `archive_rejected`: an exported archive cannot be read back.
 * - `file_unavailable`: an uploaded file is on no API server that can be reached.
 * - `package_client_missing`: this host has no apt-get or no dpkg.
 * - `package_source_unavailable`: the host's mirrors did not give the packages.
 * - `preparation_failed`: packages came, and something else went wrong.
 */
export type ImageErrorCode =
  | "image_unknown"
  | "image_rejected"
  | "archive_rejected"
  | "file_unavailable"
  | "package_client_missing"
  | "package_source_unavailable"
  | "preparation_failed";

export class ImageError extends Error {
  override readonly name = "ImageError";
  constructor(
    readonly code: ImageErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What helps where packages cannot be had. */
export const CARRY_HINT =
  'An image prepared on another host can be carried here with "worldswitch images export" and "worldswitch images import".';
