import { devices } from "./devices.js";
import { exceptions } from "./exceptions.js";
import type { KnownDifference } from "./known-difference.js";
import { paging } from "./paging.js";
import { segmentation } from "./segmentation.js";

/** Narrow ones first: the first that explains a difference is the one that is counted. */
export const knownDifferences: readonly KnownDifference[] = [...exceptions, ...paging, ...devices, ...segmentation];
