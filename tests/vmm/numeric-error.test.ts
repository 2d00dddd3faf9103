import { expect, it } from "vitest";
import { RAM_BASE, wasmPages } from "../../src/vmm/cpu/layout.js";
import { Machine } from "../../src/vmm/machine.js";

const RAM = 1 << 20;
const GDT = 0x1000;
const IDT = 0x2000;
const CODE = 0x1_0000;
const HANDLER = 0x1_1000;
const STACK = 0x2_0000;
/** What the handler and the code behind the failing instruction leave. */
const SEEN = 0x3_0000;
const IRQ13_VECTOR = 0x75;

/** SDM vol. 1, 8.7.2 and appendix D.2: error reporting with CR0.NE clear, from the division to IRQ 13 and back. */
it("an x87 exception is reported as IRQ 13, and ignored while its handler runs", () => {
  const pages = wasmPages(RAM);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const silence = { length: 0, peek: () => 0, advance: () => undefined };
  const machine = new Machine({
    memory,
    ramBytes: RAM,
    clock: "deterministic",
    hostNs: () => 0,
    wallClockMs: () => 0,
    serialSink: () => undefined,
    input: [silence, silence],
  });
  const ram = new DataView(memory.buffer, RAM_BASE, RAM);
  const put = (address: number, ...bytes: number[]) => {
    bytes.forEach((byte, i) => {
      ram.setUint8(address + i, byte);
    });
  };
  put(GDT + 8, 0xff, 0xff, 0, 0, 0, 0x9b, 0xcf, 0);
  put(GDT + 16, 0xff, 0xff, 0, 0, 0, 0x93, 0xcf, 0);
  put(IDT + 8 * IRQ13_VECTOR, HANDLER & 0xff, (HANDLER >> 8) & 0xff, 8, 0, 0, 0x8e, HANDLER >> 16, 0);
  put(0x100, 0xff, 0x07, IDT & 0xff, IDT >> 8, 0, 0);
  put(0x200, 0x7b, 0x03); // control word: division by zero unmasked
  put(
    CODE,
    ...[0x0f, 0x01, 0x1d, 0x00, 0x01, 0, 0], // lidt [100]
    ...[0xb0, 0xdf, 0xe6, 0xa1, 0xb0, 0xfb, 0xe6, 0x21], // unmask IRQ 13 and the cascade
    ...[0xfb, 0xdb, 0xe3, 0xd9, 0x2d, 0x00, 0x02, 0, 0], // sti; fninit; fldcw [200]
    ...[0xd9, 0xe8, 0xd9, 0xee, 0xde, 0xf9], // fld1; fldz; fdivp
    ...[0x9b, 0xff, 0x05, 0x04, 0x00, 0x03, 0x00], // fwait; inc dword [SEEN + 4]
    ...[0xfa, 0xf4], // cli; hlt
  );
  put(
    HANDLER,
    ...[0xff, 0x05, 0x00, 0x00, 0x03, 0x00], // inc dword [SEEN]
    ...[0xdf, 0xe0, 0xa3, 0x08, 0x00, 0x03, 0x00], // fnstsw ax; mov [SEEN + 8], eax
    ...[0xe6, 0xf0, 0x9b], // out 0xf0, al; fwait
    ...[0xdb, 0xe2, 0xb0, 0x20, 0xe6, 0xa0, 0xe6, 0x20, 0xcf], // fnclex; EOI to both; iret
  );
  const state = { gdtBase: GDT, gdtLimit: 0x17, codeSelector: 8, dataSelector: 16, eip: CODE, registers: { esp: STACK } };
  machine.boot({ kind: "loaded", state });
  let end = machine.run();
  for (let slices = 0; end.kind === "slice" && slices < 100; slices++) end = machine.run();
  expect(end.kind).toBe("halted");
  const [interrupts, after, status] = [0, 4, 8].map((offset) => ram.getUint32(SEEN + offset, true));
  expect([interrupts, after]).toEqual([1, 1]);
  expect(status & 0x84).toBe(0x84); // ES and ZE
});
