/** The numbers of one sample of a machine's counters, in the order in which they cross to the host. Cumulative unless the name says otherwise. */
export const sampleFields = [
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
export type SampleField = (typeof sampleFields)[number];
export type Sample = Record<SampleField, number>;

export function writeSample(sample: Sample, into: Float64Array): void {
  sampleFields.forEach((field, i) => {
    into[i] = sample[field];
  });
}

export function readSample(from: Float64Array): Sample {
  return Object.fromEntries(sampleFields.map((field, i) => [field, from[i]])) as Sample;
}
