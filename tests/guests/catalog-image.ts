/** Images of the catalog, for tests that boot them. */
import { ImageError } from "../../src/images/image-error.js";
import { prepareImage } from "../../src/images/prepare.js";

/**
 * Prepares the image where it isn't yet. Answers why it cannot be had on a host without package client or mirrors, and warns, since the test runner
 * does not print the names of what it skips; null where it is there.
 */
export async function whyAbsent(name: string): Promise<string | null> {
  try {
    await prepareImage(name);
    return null;
  } catch (error) {
    const absent = error instanceof ImageError && ["package_client_missing", "package_source_unavailable"].includes(error.code);
    if (!absent) throw error;
    console.warn(`skipped, since ${name} cannot be had: ${error.message}`);
    return error.message;
  }
}

/** Environment of a server that finds the images prepared here. */
export function cacheSetting(): Record<string, string> {
  const { WORLDSWITCH_CACHE } = process.env;
  return WORLDSWITCH_CACHE ? { WORLDSWITCH_CACHE } : {};
}
