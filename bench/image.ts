/** Images for measurements, prepared before anything is measured. */
import type { PreparedImage } from "../src/images/image-cache.js";
import { prepareImage } from "../src/images/prepare.js";
import { note } from "./host.js";

export function preparedImage(name: string): Promise<PreparedImage> {
  let noted = "";
  return prepareImage(name, {
    onProgress({ step, fraction }) {
      const line = `${name}: ${step} ${Math.floor(fraction * 100)} %`;
      if (line !== noted) note(line);
      noted = line;
    },
  });
}
