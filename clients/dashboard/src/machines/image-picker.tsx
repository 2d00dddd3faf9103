import type { Image } from "@worldswitch/client";
import { addressOf } from "../app/places.js";
import { mebibytes } from "../format/quantity.js";

interface Props {
  /** null: not known yet. */
  images: readonly Image[] | null;
  chosen: string | undefined;
  onChoose(id: string): void;
}

/** Radio buttons as cards: what a machine can boot, and whether that takes a while the first time. */
export function ImagePicker({ images, chosen, onChoose }: Props) {
  return (
    <fieldset class="image-picker">
      <legend>Image</legend>
      {images?.length === 0 && (
        <p class="soft">
          There is none yet. <a href={addressOf("images")}>Upload one first.</a>
        </p>
      )}
      {images?.map((image) => (
        <label key={image.id} class="image-choice">
          <input type="radio" name="image" value={image.id} checked={image.id === chosen} onChange={() => onChoose(image.id)} />
          <span>
            <b>{image.name}</b> <span class="faint">{mebibytes(image.memoryMiB)}</span>
            <small>{image.description || "Your own image"}</small>
            {image.state === "available" && (
              <small class="first-use">
                Not prepared yet: the first machine does it from Debian packages, which can take a minute or two.
              </small>
            )}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
