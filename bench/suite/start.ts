/** Rows that are the start of a system: from the start of the process to a text on the console. There is no native figure to set beside. */
import type { PreparedImage } from "../../src/images/image-cache.js";
import { READY } from "../boot.js";
import type { Engine } from "../engine.js";
import { preparedImage } from "../image.js";
import { measure, type Outcome } from "../measurement.js";

export interface Start {
  name: string;
  image: PreparedImage;
  text: RegExp;
}

export async function bootStart(): Promise<Start> {
  return { name: "boot", image: await preparedImage("debian-mini"), text: READY };
}

/** Debian's installer asks for a language first. Its dialog is drawn with escape sequences, the title in one piece. */
export async function installerStart(): Promise<Start> {
  return { name: "installer", image: await preparedImage("debian-installer"), text: /Select a language/ };
}

export async function timeStart({ image, text }: Start, engine: Engine, limitSeconds: number): Promise<Outcome> {
  const { argv, stats } = await engine.command(image);
  const outcome = await measure(argv, text, limitSeconds);
  // Read for the sake of the folder they lie in; the suite doesn't show them.
  await stats?.().catch(() => undefined);
  return outcome;
}
