const CODE_SECTION = 10;
/** Magic and version. */
const HEADER_BYTES = 8;

/** Locals and code of each function that a module has, in their order: views. The module is one of ours, so nothing is checked. */
export function functionBodies(module: Uint8Array): Uint8Array[] {
  let at = HEADER_BYTES;
  const u32 = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = module[at++];
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  };
  while (at < module.length) {
    const id = module[at++];
    const length = u32();
    if (id === CODE_SECTION) {
      return Array.from({ length: u32() }, () => {
        const size = u32();
        at += size;
        return module.subarray(at - size, at);
      });
    }
    at += length;
  }
  return [];
}
