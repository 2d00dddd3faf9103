import { translateBatch } from "./batch.js";
import type { TranslationAnswer, TranslationRequest } from "./port.js";

/** Turns requests into a compiled module. Reads guest code from the machine's memory while the guest runs: who installs the regions checks that it hasn't changed. */
export function translate(memory: Uint8Array, requests: readonly TranslationRequest[], nowUs: () => number): TranslationAnswer {
  const begun = nowUs();
  const sources = requests.map(
    ({ id, pages, entries, linearPage, heads, callees, returns, exactCalls, inexact, slow, user, direct, strict, profile, longest }) => ({
      id,
      pages: new Map(pages.map((page) => [page.delta, page])),
      entries,
      linearPage,
      heads: new Set(heads),
      callees: new Set(callees),
      returns,
      longest,
      code32: true,
      mode: { user, direct, strict, exactCalls, inexact, profile, slow: new Set(slow) },
    }),
  );
  const { bytes, regions, imports } = translateBatch(memory, sources);
  const translated = nowUs();
  const module = new WebAssembly.Module(bytes);
  return {
    ids: requests.map(({ id }) => id),
    regions,
    imports,
    module,
    bytes: bytes.length,
    translateUs: translated - begun,
    compileUs: nowUs() - translated,
  };
}
