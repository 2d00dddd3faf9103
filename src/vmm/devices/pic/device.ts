import type { PortBus, PortDevice } from "../bus.js";
import type { InterruptLine } from "../line.js";
import { Pic8259, SPURIOUS } from "./chip.js";
import type { PicMetrics } from "./metrics.js";
import { type ChipState, type PicState, READY } from "./state.js";

const MASTER = 0x20;
const SLAVE = 0xa0;
const ELCR1 = 0x4d0;
const ELCR2 = 0x4d1;
/** The master's input that the slave drives. */
const CASCADE_IR = 2;
/** IRQs that the ELCR leaves edge triggered: timer, keyboard, cascade; RTC and coprocessor. */
const ELCR1_WRITABLE = 0xf8;
const ELCR2_WRITABLE = 0xde;

/** As a PC's firmware leaves it, with everything masked: the machine starts without firmware. */
function resetState(base: number, cascade: number): ChipState {
  return {
    lines: 0,
    edges: 0,
    imr: 0xff,
    isr: 0,
    elcr: 0,
    base,
    cascade,
    single: false,
    levelTriggered: false,
    specialFullyNested: false,
    autoEoi: false,
    rotateOnAutoEoi: false,
    specialMask: false,
    lowest: 7,
    readIsr: false,
    poll: false,
    expects: READY,
    wantsIcw4: true,
    int: false,
  };
}

/** The PC's two 8259A interrupt controllers and the edge/level control registers of its chipset. IRQ 0 to 7 enter the master, 8 to 15 the slave. */
export class Pic implements PortDevice {
  readonly metrics: PicMetrics = { acknowledged: new Array<number>(16).fill(0), spurious: 0 };
  readonly #master: Pic8259;
  readonly #slave: Pic8259;

  /** `intr`: the processor's INTR pin. `ended(irq)`: the guest has ended its service of this IRQ (EOI). */
  constructor(intr: InterruptLine, ended: (irq: number) => void) {
    this.#master = new Pic8259(intr, ended, resetState(0x08, 1 << CASCADE_IR));
    this.#slave = new Pic8259(
      (asserted) => this.#master.setLine(CASCADE_IR, asserted),
      (ir) => ended(8 + ir),
      resetState(0x70, CASCADE_IR),
    );
  }

  attach(bus: PortBus): void {
    bus.attach(MASTER, 2, this);
    bus.attach(SLAVE, 2, this);
    bus.attach(ELCR1, 2, this);
  }

  reset(): void {
    this.#slave.reset();
    this.#master.reset();
  }

  /** Level of INTR. */
  get intr(): boolean {
    return this.#master.int;
  }

  /** Drives an IRQ line, 0 to 15; 2 is the slave's and is ignored. */
  setLine(irq: number, asserted: boolean): void {
    if (irq >= 8) this.#slave.setLine(irq - 8, asserted);
    else if (irq !== CASCADE_IR) this.#master.setLine(irq, asserted);
  }

  line(irq: number): InterruptLine {
    return (asserted) => this.setLine(irq, asserted);
  }

  /** Whether a request of this IRQ waits to be acknowledged, masked or not. */
  requested(irq: number): boolean {
    const chip = irq >= 8 ? this.#slave : this.#master;
    return (chip.irr & (1 << (irq & 7))) !== 0;
  }

  /** The processor's interrupt acknowledge cycle: the vector, 0 to 255. Without a request it is that of a spurious IRQ 7. */
  acknowledge(): number {
    const ir = this.#master.acknowledge();
    if (ir === SPURIOUS) {
      this.metrics.spurious++;
      return this.#master.vector(7);
    }
    if ((this.#master.cascade & (1 << ir)) === 0) {
      this.metrics.acknowledged[ir]++;
      return this.#master.vector(ir);
    }
    // No slave answers to another number: nobody drives the data bus.
    if (ir !== CASCADE_IR || (this.#slave.cascade & 7) !== ir) return 0xff;
    const slaveIr = this.#slave.acknowledge();
    if (slaveIr === SPURIOUS) {
      this.metrics.spurious++;
      return this.#slave.vector(7);
    }
    this.metrics.acknowledged[8 + slaveIr]++;
    return this.#slave.vector(slaveIr);
  }

  readPort(port: number): number {
    if (port === ELCR1) return this.#master.elcr;
    if (port === ELCR2) return this.#slave.elcr;
    return (port < SLAVE ? this.#master : this.#slave).read((port & 1) !== 0);
  }

  writePort(port: number, value: number): void {
    if (port === ELCR1) this.#master.elcr = value & ELCR1_WRITABLE;
    else if (port === ELCR2) this.#slave.elcr = value & ELCR2_WRITABLE;
    else (port < SLAVE ? this.#master : this.#slave).write((port & 1) !== 0, value);
  }

  save(): PicState {
    return { version: 1, master: this.#master.save(), slave: this.#slave.save() };
  }

  /** Drives no output: the board tells the processor about INTR once everything is restored. */
  restore(state: PicState): void {
    this.#slave.restore(state.slave);
    this.#master.restore(state.master);
  }
}
