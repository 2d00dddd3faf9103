import { useState } from "preact/hooks";
import { Dialog } from "../parts/dialog.js";
import { Message } from "../parts/message.js";
import { NameField } from "../parts/name-field.js";
import { useSession } from "../session/context.js";
import { explain, wrongField } from "../session/explain.js";

export function CreateProject({ onCreated, onClose }: { onCreated(): void; onClose(): void }) {
  const { client } = useSession();
  const [name, setName] = useState("");
  const [failure, setFailure] = useState<unknown>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      await client.projects.create({ name });
      onCreated();
      onClose();
    } catch (error) {
      setFailure(error);
    }
  };
  const nameWrong = wrongField(failure, "/name");
  return (
    <Dialog title="New project" onClose={onClose}>
      <form class="form" onSubmit={submit} noValidate>
        <NameField hint="Small letters, digits, dot, hyphen." value={name} onInput={setName} wrong={nameWrong} />
        {failure !== null && !nameWrong && <Message tone="bad">{explain(failure)}</Message>}
        <div class="form-actions">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary">
            Create project
          </button>
        </div>
      </form>
    </Dialog>
  );
}
