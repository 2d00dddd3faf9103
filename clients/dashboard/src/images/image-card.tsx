import type { Image } from "@worldswitch/client";
import { useState } from "preact/hooks";
import { bytes, mebibytes } from "../format/quantity.js";
import { Confirm } from "../parts/confirm.js";
import { Icon } from "../parts/icon.js";
import { useMay, useSession } from "../session/context.js";

const states = {
  ready: { look: "good", label: "ready" },
  available: { look: "idle", label: "not prepared yet" },
  pending: { look: "warn", label: "files are missing" },
} as const satisfies Record<Image["state"], object>;

export function ImageCard({ image }: { image: Image }) {
  const { client, following } = useSession();
  const { operate } = useMay();
  const [deleting, setDeleting] = useState(false);
  const { look, label } = states[image.state];
  const remove = async () => {
    await client.images.delete(image.id);
    following.images.drop(image.id);
  };
  return (
    <article class="card image-card">
      <header>
        <h3>{image.name}</h3>
        <span class={`badge ${look}`}>{label}</span>
      </header>
      <p class="soft">{image.description || (image.kind === "linux" ? "A Linux kernel of your own" : "A Multiboot kernel of your own")}</p>
      {image.state === "available" && (
        <p class="faint">The first machine prepares it from Debian packages, which can take a minute or two.</p>
      )}
      <dl>
        <div>
          <dt>Kind</dt>
          <dd>{image.kind === "linux" ? "Linux" : "Multiboot"}</dd>
        </div>
        <div>
          <dt>Memory</dt>
          <dd>{mebibytes(image.memoryMiB)}</dd>
        </div>
        {image.files.map(({ role, index, sizeBytes }) => (
          <div key={`${role} ${index ?? ""}`}>
            <dt>{index === undefined ? role : `${role} ${index}`}</dt>
            <dd class="figure">{sizeBytes === null ? <span class="faint">missing</span> : bytes(sizeBytes)}</dd>
          </div>
        ))}
      </dl>
      {operate && !image.catalog && (
        <button type="button" class="button danger small" onClick={() => setDeleting(true)}>
          <Icon name="remove" size={16} />
          Delete
        </button>
      )}
      {deleting && (
        <Confirm title={`Delete ${image.name}?`} action="Delete the image" onConfirm={remove} onClose={() => setDeleting(false)}>
          Its files are deleted with it. Machines that boot it must be deleted first.
        </Confirm>
      )}
    </article>
  );
}
