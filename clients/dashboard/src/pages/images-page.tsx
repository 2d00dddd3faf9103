import { useState } from "preact/hooks";
import { Page } from "../app/page.js";
import { AddImage } from "../images/add-image.js";
import { ImageCard } from "../images/image-card.js";
import { useObserved } from "../live/use-observed.js";
import { Icon } from "../parts/icon.js";
import { Loading } from "../parts/loading.js";
import { useMay, useSession } from "../session/context.js";
import "../images/images.css";

export function ImagesPage() {
  const { following } = useSession();
  const images = useObserved(following.images.items);
  const failure = useObserved(following.images.failure);
  const { operate } = useMay();
  const [adding, setAdding] = useState(false);
  const own = images?.filter(({ catalog }) => !catalog) ?? [];
  const add = operate && (
    <button type="button" class="button primary" onClick={() => setAdding(true)}>
      <Icon name="upload" />
      Upload an image
    </button>
  );
  return (
    <Page title="Images" about="What machines boot: the catalog's, and your own." actions={add}>
      {images === null ? (
        <Loading failure={failure} what="The images" />
      ) : (
        <>
          <section class="image-section" aria-label="Your own images">
            <h2>Your own</h2>
            {own.length === 0 ? (
              <p class="soft">
                None yet. Upload a Linux kernel (a bzImage) with its initrd, or a Multiboot kernel with its modules, and boot it here.
              </p>
            ) : (
              <div class="image-grid">
                {own.map((image) => (
                  <ImageCard key={image.id} image={image} />
                ))}
              </div>
            )}
          </section>
          <section class="image-section" aria-label="Catalog">
            <h2>Catalog</h2>
            <div class="image-grid">
              {images
                .filter(({ catalog }) => catalog)
                .map((image) => (
                  <ImageCard key={image.id} image={image} />
                ))}
            </div>
          </section>
        </>
      )}
      {adding && <AddImage onClose={() => setAdding(false)} />}
    </Page>
  );
}
