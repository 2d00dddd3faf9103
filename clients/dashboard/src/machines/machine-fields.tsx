import { mebibytes } from "../format/quantity.js";
import { Field } from "../parts/field.js";

export const lifetimes = [
  { seconds: 0, label: "Never" },
  { seconds: 3600, label: "After an hour" },
  { seconds: 8 * 3600, label: "After 8 hours" },
  { seconds: 86_400, label: "After a day" },
  { seconds: 7 * 86_400, label: "After a week" },
] as const;

const sizesMiB = [32, 64, 128, 256, 384, 512, 768, 1024, 1536, 2048];

interface Props {
  value: number;
  onChange(memoryMiB: number): void;
  wrong: string | undefined;
}

/** In steps that people ask for. A size that an image brings and that is none of them is one more. */
export function MemoryField({ value, onChange, wrong }: Props) {
  const sizes = sizesMiB.includes(value) ? sizesMiB : [...sizesMiB, value].sort((a, b) => a - b);
  return (
    <Field label={`Memory: ${mebibytes(value)}`} wrong={wrong}>
      {(control) => (
        <input
          {...control}
          type="range"
          class="range"
          min={0}
          max={sizes.length - 1}
          step={1}
          value={sizes.indexOf(value)}
          aria-valuetext={mebibytes(value)}
          onInput={(event) => onChange(sizes[Number(event.currentTarget.value)])}
        />
      )}
    </Field>
  );
}
