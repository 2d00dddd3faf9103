import type { KeptRegion } from "../../src/vmm/translator/kept-regions.js";

export const CODE = Uint8Array.of(0x90, 0x90, 0xc3);

/** Of three bytes of code at an offset of a page. */
export function regionAt(offset: number, round = 0): KeptRegion {
  const span = { start: offset, end: offset + 3 };
  return {
    user: false,
    direct: false,
    inexact: false,
    entries: [{ offset, x87: { top: 0, tags: 0 } }],
    code: [{ distance: 0, host: 0x10_0000, offset, length: 3 }],
    bytes: CODE,
    slow: [],
    absorbed: [],
    takesIn: false,
    round,
    region: {
      instructions: 3,
      own: 3,
      calls: [],
      entries: [offset],
      blocks: [span],
      code: [span],
      pages: [0],
      asksShape: false,
      asksMode: false,
      cut: false,
      switches: false,
      size: 20,
    },
  };
}
