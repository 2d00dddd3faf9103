/** Which offsets of a segment may be accessed. */
export interface Bounds {
  /** Lowest and highest offset, inclusive; `low > high`: none. */
  low: number;
  high: number;
}

const NOTHING: Bounds = { low: 1, high: 0 };

const CODE = 0x08;
const EXPAND_DOWN = 0x04;
const BIG = 0x4000;

/** Offsets inside a data segment with this `Seg.access` field and limit (SDM vol. 3, 5.3): expand-down segments lie above their limit. */
export function bounds(access: number, limit: number): Bounds {
  if ((access & (CODE | EXPAND_DOWN)) !== EXPAND_DOWN) return { low: 0, high: limit };
  const high = access & BIG ? 0xffff_ffff : 0xffff;
  return limit >= high ? NOTHING : { low: limit + 1, high };
}

export function readBounds(access: number, limit: number): Bounds {
  const executeOnly = (access & (CODE | 0x02)) === CODE;
  return executeOnly ? NOTHING : bounds(access, limit);
}

export function writeBounds(access: number, limit: number): Bounds {
  const writable = (access & (CODE | 0x02)) === 0x02;
  return writable ? bounds(access, limit) : NOTHING;
}

export const noBounds = NOTHING;
