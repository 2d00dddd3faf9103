import type { Image } from "@worldswitch/client";
import { useEffect, useRef, useState } from "preact/hooks";
import { tell } from "../app/notices.js";
import { bytes } from "../format/quantity.js";
import { Dialog } from "../parts/dialog.js";
import { Field } from "../parts/field.js";
import { Message } from "../parts/message.js";
import { Progress } from "../parts/progress.js";
import { Segments } from "../parts/segments.js";
import { useSession } from "../session/context.js";
import { explain, wrongField } from "../session/explain.js";
import { type UploadProgress, uploadImage } from "./upload-job.js";

const kinds = [
  { value: "linux", label: "Linux" },
  { value: "multiboot", label: "Multiboot" },
] as const;

export function AddImage({ onClose }: { onClose(): void }) {
  const { client, following } = useSession();
  const [kind, setKind] = useState<Image["kind"]>("linux");
  const [progress, setProgress] = useState<UploadProgress | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [missing, setMissing] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const leaving = useRef(new AbortController());
  useEffect(() => () => leaving.current.abort(), []);

  const submit = async (event: Event) => {
    event.preventDefault();
    if (!form.current) return;
    const fields = new FormData(form.current);
    const text = (name: string) => String(fields.get(name) ?? "").trim();
    const files = (name: string) => fields.getAll(name).filter((value): value is File => value instanceof File && value.size > 0);
    const [kernel] = files("kernel");
    setMissing(!kernel);
    setFailure(null);
    if (!kernel) return;
    const described = { name: text("name"), kind, cmdline: text("cmdline") || undefined, description: text("description") || undefined };
    setProgress({ sent: 0, size: 1, file: kernel.name });
    try {
      const image = await uploadImage(client, { ...described, kernel, others: files("others") }, setProgress, leaving.current.signal);
      following.images.put(image);
      tell("good", `${image.name} is ready to boot.`);
      onClose();
    } catch (error) {
      if (leaving.current.signal.aborted) return;
      setFailure(error);
      setProgress(null);
    }
  };

  const nameWrong = wrongField(failure, "/name");
  return (
    <Dialog title="Upload an image" onClose={onClose}>
      <form class="form" ref={form} onSubmit={submit} noValidate>
        <div class="field">
          <span class="label">Kind</span>
          <div>
            <Segments label="Kind of image" choices={kinds} value={kind} onChoose={(value) => setKind(value)} />
          </div>
        </div>
        <Field label="Name" hint="Small letters, digits, dot, hyphen." wrong={nameWrong}>
          {(control) => <input {...control} class="input" name="name" autocomplete="off" spellcheck={false} />}
        </Field>
        <Field
          label="Kernel"
          hint={kind === "linux" ? "A bzImage, as distributions have it: vmlinuz." : "By Multiboot 0.6.96; plain or gzip."}
          wrong={missing ? "Choose the kernel's file." : undefined}
        >
          {(control) => <input {...control} class="input file" type="file" name="kernel" />}
        </Field>
        <Field label={kind === "linux" ? "Initial RAM disk" : "Modules"} hint="May be left out.">
          {(control) => <input {...control} key={kind} class="input file" type="file" name="others" multiple={kind === "multiboot"} />}
        </Field>
        <Field label="Kernel command line" wrong={wrongField(failure, "/cmdline")}>
          {(control) => (
            <input {...control} class="input mono" name="cmdline" placeholder="console=ttyS0" autocomplete="off" spellcheck={false} />
          )}
        </Field>
        <Field label="Description">{(control) => <input {...control} class="input" name="description" autocomplete="off" />}</Field>
        {failure !== null && !nameWrong && <Message tone="bad">{explain(failure)} Nothing of it was kept; you can send it again.</Message>}
        {progress && (
          <div class="upload-progress">
            <div class="soft">
              <span>{progress.file}</span>
              <span class="figure">
                {bytes(progress.sent)} of {bytes(progress.size)}
              </span>
            </div>
            <Progress fraction={progress.sent / progress.size} label="How far the upload is" />
          </div>
        )}
        <div class="form-actions">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary" disabled={progress !== null}>
            {progress ? "Uploading" : "Upload"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
