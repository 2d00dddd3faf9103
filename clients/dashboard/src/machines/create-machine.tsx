import { useRef, useState } from "preact/hooks";
import { go } from "../app/places.js";
import { useObserved } from "../live/use-observed.js";
import { Dialog } from "../parts/dialog.js";
import { Field } from "../parts/field.js";
import { Message } from "../parts/message.js";
import { useSession } from "../session/context.js";
import { explain, wrongField } from "../session/explain.js";
import { ImagePicker } from "./image-picker.js";
import { labelsOf } from "./labels.js";
import { lifetimes, MemoryField } from "./machine-fields.js";
import "./create-machine.css";

export function CreateMachine({ onClose }: { onClose(): void }) {
  const { client, following } = useSession();
  const images = useObserved(following.images.items);
  const [chosen, setChosen] = useState<string | null>(null);
  const [memoryMiB, setMemory] = useState<number | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [working, setWorking] = useState(false);
  const form = useRef<HTMLFormElement>(null);

  const usable = images?.filter(({ state }) => state !== "pending") ?? null;
  const image = usable?.find(({ id }) => id === chosen) ?? usable?.find(({ name }) => name === "debian-mini") ?? usable?.[0];

  const submit = async (event: Event) => {
    event.preventDefault();
    if (!form.current || !image) return;
    const fields = new FormData(form.current);
    const text = (name: string) => String(fields.get(name) ?? "").trim() || undefined;
    setWorking(true);
    try {
      const operation = await client.request("createVm", {
        body: {
          image: image.id,
          name: text("name"),
          memoryMiB: memoryMiB ?? image.memoryMiB,
          cmdline: text("cmdline"),
          labels: labelsOf(text("labels") ?? ""),
          ttlSeconds: Number(text("ttl")) || undefined,
          start: fields.has("start"),
        },
      });
      following.operations.put(operation);
      following.machines.touch(operation.resources.vm);
      onClose();
      go({ machine: operation.resources.vm });
    } catch (error) {
      setFailure(error);
      setWorking(false);
    }
  };

  const wrong = (field: string) => wrongField(failure, `/${field}`);
  const told = ["name", "memoryMiB", "cmdline", "labels"].some(wrong);
  return (
    <Dialog title="New machine" onClose={onClose}>
      <form class="form" ref={form} onSubmit={submit} noValidate>
        <ImagePicker images={usable} chosen={image?.id} onChoose={setChosen} />
        <Field label="Name" hint="Small letters, digits, dot, hyphen. Without one, the machine is given one." wrong={wrong("name")}>
          {(control) => <input {...control} class="input" name="name" autocomplete="off" spellcheck={false} />}
        </Field>
        <MemoryField value={memoryMiB ?? image?.memoryMiB ?? 128} onChange={setMemory} wrong={wrong("memoryMiB")} />
        <details class="more">
          <summary>More settings</summary>
          <div class="form">
            <Field label="Kernel command line" hint="Instead of the image's." wrong={wrong("cmdline")}>
              {(control) => (
                <input {...control} class="input mono" name="cmdline" placeholder={image?.cmdline} autocomplete="off" spellcheck={false} />
              )}
            </Field>
            <Field label="Labels" hint="Like team=lab, separated by commas: the list can be filtered by them." wrong={wrong("labels")}>
              {(control) => <input {...control} class="input" name="labels" autocomplete="off" spellcheck={false} />}
            </Field>
            <Field label="Deleted by itself">
              {(control) => (
                <select {...control} class="input" name="ttl">
                  {lifetimes.map(({ seconds, label }) => (
                    <option key={seconds} value={seconds}>
                      {label}
                    </option>
                  ))}
                </select>
              )}
            </Field>
            <label class="check">
              <input type="checkbox" name="start" defaultChecked />
              <span>Switch it on at once</span>
            </label>
          </div>
        </details>
        {failure !== null && !told && <Message tone="bad">{explain(failure)}</Message>}
        <div class="form-actions">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary" disabled={working || !image}>
            {working ? "Creating" : "Create machine"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
