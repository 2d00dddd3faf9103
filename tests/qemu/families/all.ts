import { controlRegisters, descriptorTables, inputOutput, modelSpecific } from "./control.js";
import { debugExceptions, debugRegisters } from "./debug.js";
import type { Family } from "./draft.js";
import { farReturn, farTransfer, interruptReturn } from "./far-transfer.js";
import { flags, realMode, virtual8086 } from "./flags.js";
import { floatingPoint } from "./floating-point.js";
import { doubleFault, exception, softwareInterrupt } from "./interrupt.js";
import { paging } from "./paging.js";
import { segmentLoad } from "./segment-load.js";
import { taskSwitch } from "./task-switch.js";
import { verify } from "./verify.js";

export const families: readonly Family[] = [
  segmentLoad,
  verify,
  farTransfer,
  farReturn,
  interruptReturn,
  softwareInterrupt,
  exception,
  doubleFault,
  taskSwitch,
  paging,
  controlRegisters,
  descriptorTables,
  modelSpecific,
  inputOutput,
  flags,
  virtual8086,
  realMode,
  debugRegisters,
  debugExceptions,
  floatingPoint,
];
