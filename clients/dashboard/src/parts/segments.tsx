import type { ComponentChildren } from "preact";

interface Props<T extends string> {
  label: string;
  choices: readonly { value: T; label: ComponentChildren; title?: string }[];
  value: T;
  onChoose(value: T): void;
}

/** A few choices side by side, one of them pressed. */
export function Segments<T extends string>({ label, choices, value, onChoose }: Props<T>) {
  return (
    <fieldset class="segments" aria-label={label}>
      {choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          title={choice.title}
          aria-pressed={choice.value === value}
          onClick={() => onChoose(choice.value)}
        >
          {choice.label}
        </button>
      ))}
    </fieldset>
  );
}
