import type { Random } from "../isa/random.js";
import type { Paging } from "./page-tables.js";

export type Processor = "real" | "unreal" | "protected" | "virtual8086";

/** What a case's code starts in. */
export interface Mode {
  readonly processor: Processor;
  readonly cpl: number;
  /** CS.D (and the width of SS): only protected mode has a choice. */
  readonly code32: boolean;
  readonly paging: Paging;
  /** IA32_EFER.NXE, and pages that may not be executed. */
  readonly noExecute: boolean;
  /** CR4.VME or PVI. */
  readonly virtualInterrupts: boolean;
}

export function randomMode(random: Random): Mode {
  const processor = random.pick(["real", "unreal", "protected", "protected", "protected", "protected", "virtual8086"] as const);
  const isProtected = processor === "protected";
  const paged = isProtected || processor === "virtual8086";
  const cpl = isProtected ? random.pick([0, 0, 0, 1, 2, 3, 3]) : processor === "virtual8086" ? 3 : 0;
  const paging = paged ? random.pick(["off", "4K", "4K", "PSE", "PAE"] as const) : "off";
  return {
    processor,
    cpl,
    // The tables have 16-bit code for levels 0 and 3.
    code32: isProtected && (cpl === 1 || cpl === 2 || !random.oneIn(4)),
    paging,
    noExecute: paging === "PAE" && random.oneIn(2),
    virtualInterrupts: random.oneIn(4),
  };
}

export function describeMode({ processor, cpl, code32, paging }: Mode): string {
  const width = processor === "protected" ? ` ${code32 ? 32 : 16}-bit CPL ${cpl}` : "";
  return `${processor}${width}${paging === "off" ? "" : `, ${paging} pages`}`;
}
