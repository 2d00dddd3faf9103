import type { Token } from "@worldswitch/client";
import { useState } from "preact/hooks";
import { CopyButton } from "../parts/copy-button.js";
import { Dialog } from "../parts/dialog.js";
import { Field } from "../parts/field.js";
import { Message } from "../parts/message.js";
import { NameField } from "../parts/name-field.js";
import { useSession } from "../session/context.js";
import { explain, wrongField } from "../session/explain.js";

const roles = [
  { value: "viewer", label: "Viewer", meaning: "looks, and changes nothing" },
  { value: "operator", label: "Operator", meaning: "creates, runs, types and deletes" },
  { value: "admin", label: "Administrator", meaning: "also makes tokens" },
] as const;

const lifetimes = [
  { days: 0, label: "Never" },
  { days: 1, label: "After a day" },
  { days: 30, label: "After 30 days" },
  { days: 365, label: "After a year" },
] as const;

export function CreateToken({ onCreated, onClose }: { onCreated(): void; onClose(): void }) {
  const { client } = useSession();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Token["role"]>("operator");
  const [days, setDays] = useState(0);
  const [secret, setSecret] = useState<string | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [working, setWorking] = useState(false);

  const submit = async (event: Event) => {
    event.preventDefault();
    setWorking(true);
    try {
      const created = await client.tokens.create({ name, role, ttlSeconds: days > 0 ? days * 86_400 : undefined });
      setSecret(created.secret);
      onCreated();
    } catch (error) {
      setFailure(error);
    }
    setWorking(false);
  };

  if (secret !== null) {
    return (
      <Dialog title={`Token ${name}`} onClose={onClose}>
        <div class="form">
          <Message tone="warn">This is shown only now. Keep it where passwords are kept.</Message>
          <code class="secret">{secret}</code>
          <div class="form-actions">
            <CopyButton text={secret} />
            <button type="button" class="button primary" onClick={onClose}>
              Done
            </button>
          </div>
        </div>
      </Dialog>
    );
  }
  const nameWrong = wrongField(failure, "/name");
  return (
    <Dialog title="New token" onClose={onClose}>
      <form class="form" onSubmit={submit} noValidate>
        <NameField
          hint="What it is for, like ci or grafana. Small letters, digits, dot, hyphen."
          value={name}
          onInput={setName}
          wrong={nameWrong}
        />
        <fieldset class="roles">
          <legend>Role</legend>
          {roles.map(({ value, label, meaning }) => (
            <label key={value} class="check">
              <input type="radio" name="role" checked={role === value} onChange={() => setRole(value)} />
              <span>
                {label} <span class="faint">{meaning}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <Field label="Expires">
          {(control) => (
            <select {...control} class="input" value={days} onChange={(event) => setDays(Number(event.currentTarget.value))}>
              {lifetimes.map((lifetime) => (
                <option key={lifetime.days} value={lifetime.days}>
                  {lifetime.label}
                </option>
              ))}
            </select>
          )}
        </Field>
        {failure !== null && !nameWrong && <Message tone="bad">{explain(failure)}</Message>}
        <div class="form-actions">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary" disabled={working}>
            Create token
          </button>
        </div>
      </form>
    </Dialog>
  );
}
