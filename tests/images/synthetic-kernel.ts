/** A bzImage of a few KiB with nothing to run in it: what a test wants to be wrong, it overrides. */
export interface SyntheticKernel {
  setupSects?: number;
  protocol?: number;
  loadflags?: number;
  headerEnd?: number;
  code?: Uint8Array;
  /** In 16-byte paragraphs; by default that of `code`. */
  syssize?: number;
  loadAddress?: number;
  initrdAddressMax?: number;
  xloadflags?: number;
  cmdlineMax?: number;
  payload?: { offset: number; bytes: number };
  prefAddress?: bigint;
  initSize?: number;
}

export function syntheticKernel(options: SyntheticKernel = {}): Uint8Array {
  const code = options.code ?? new Uint8Array(1000).fill(0x90);
  const setupSects = options.setupSects ?? 4;
  const setupBytes = ((setupSects || 4) + 1) * 512;
  const file = new Uint8Array(setupBytes + code.length);
  const view = new DataView(file.buffer);
  view.setUint8(0x1f1, setupSects);
  view.setUint32(0x1f4, options.syssize ?? Math.ceil(code.length / 16), true);
  view.setUint16(0x1fe, 0xaa55, true);
  view.setUint8(0x200, 0xeb);
  view.setUint8(0x201, (options.headerEnd ?? 0x26c) - 0x202);
  view.setUint32(0x202, 0x53726448, true);
  view.setUint16(0x206, options.protocol ?? 0x20f, true);
  view.setUint8(0x211, options.loadflags ?? 1);
  view.setUint32(0x214, options.loadAddress ?? 0x100000, true);
  view.setUint32(0x22c, options.initrdAddressMax ?? 0x7fff_ffff, true);
  view.setUint16(0x236, options.xloadflags ?? 0, true);
  view.setUint32(0x238, options.cmdlineMax ?? 2047, true);
  view.setUint32(0x248, options.payload?.offset ?? 0, true);
  view.setUint32(0x24c, options.payload?.bytes ?? 0, true);
  view.setBigUint64(0x258, options.prefAddress ?? 0x100_0000n, true);
  view.setUint32(0x260, options.initSize ?? 0x10_0000, true);
  file.set(code, setupBytes);
  return file;
}
