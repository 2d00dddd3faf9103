import { newTranslatorCounters, type TranslatorCounters } from "./translator/counters.js";

/** The numbers of one sample of a machine's counters, in the order in which they cross to the host. Cumulative unless the name says otherwise. */
const machineFields = [
  "guestTimeNs",
  "instructions",
  "directInstructions",
  "directEntries",
  "directTimeNs",
  "translatedInstructions",
  "translatedEntries",
  "translatedTimeNs",
  "hiddenFaults",
  "trueFaults",
  "tlbFlushes",
  "tracedWrites",
  "decodedInstructions",
  "codePages",
  "invalidations",
  "codeFlushes",
  "interrupts",
  "exceptions",
  "output0",
  "input0",
  "output1",
  "input1",
] as const;
const translatorFields = Object.keys(newTranslatorCounters()) as (keyof TranslatorCounters)[];

type MachineCounters = Record<(typeof machineFields)[number], number>;
export type Sample = MachineCounters & { translator: TranslatorCounters };

export function writeSample(sample: Sample, into: Float64Array): void {
  for (const [i, field] of machineFields.entries()) into[i] = sample[field];
  for (const [i, field] of translatorFields.entries()) into[machineFields.length + i] = sample.translator[field];
}

export function readSample(from: Float64Array): Sample {
  const machine = Object.fromEntries(machineFields.map((field, i) => [field, from[i]])) as MachineCounters;
  const translator = Object.fromEntries(translatorFields.map((field, i) => [field, from[machineFields.length + i]]));
  return { ...machine, translator: translator as unknown as TranslatorCounters };
}
