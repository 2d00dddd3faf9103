import type { Case } from "./case.js";
import { background, CROSSING_WINDOW, EDGE_WINDOW, PAGE, pages, WINDOW } from "./layout.js";

const backgrounds = new Map<number, DataView>();

function backgroundOf(page: number): DataView {
  let view = backgrounds.get(page);
  if (view === undefined) {
    const found = pages.find(({ address }) => address === page);
    if (found === undefined) throw new Error(`no page at ${page.toString(16)}`);
    view = new DataView(background(found).buffer);
    backgrounds.set(page, view);
  }
  return view;
}

/** The aligned doubleword of data at `address` when the case starts. */
export function initialWord(c: Case, address: number): number {
  for (const [window, base] of [
    [c.crossing, CROSSING_WINDOW],
    [c.edge, EDGE_WINDOW],
  ] as const) {
    const offset = address - base;
    if (offset >= 0 && offset < WINDOW) return new DataView(window.buffer, window.byteOffset, WINDOW).getUint32(offset, true);
  }
  return backgroundOf(address - (address % PAGE)).getUint32(address % PAGE, true);
}
