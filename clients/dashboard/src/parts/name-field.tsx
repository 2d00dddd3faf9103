import { Field } from "./field.js";

interface Props {
  hint: string;
  value: string;
  onInput(name: string): void;
  /** What the service found wrong with it. */
  wrong: string | undefined;
}

/** The name of something that is about to be made. */
export function NameField({ hint, value, onInput, wrong }: Props) {
  return (
    <Field label="Name" hint={hint} wrong={wrong}>
      {(control) => (
        <input
          {...control}
          class="input"
          autocomplete="off"
          spellcheck={false}
          value={value}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
