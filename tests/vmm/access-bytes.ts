/** Access bytes of descriptors: P, DPL, S, type. */
export const Access = {
  code: 0x9a,
  executeOnly: 0x98,
  conforming: 0x9e,
  data: 0x92,
  readOnly: 0x90,
  expandDown: 0x96,
  ldt: 0x82,
  tss16: 0x81,
  busyTss16: 0x83,
  tss32: 0x89,
  busyTss32: 0x8b,
  callGate16: 0x84,
  taskGate: 0x85,
  interrupt16: 0x86,
  trap16: 0x87,
  callGate32: 0x8c,
  interrupt32: 0x8e,
  trap32: 0x8f,
} as const;
export const level = (dpl: number): number => dpl << 5;
const ABSENT = 0x80;
export const absent = (access: number): number => access & ~ABSENT;
