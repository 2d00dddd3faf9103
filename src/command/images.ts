/** `worldswitch images list | prepare NAME | export NAME FILE | import FILE`: the catalog on this host, without a server. */
import { catalog } from "../images/catalog.js";
import { exportImage, importImage } from "../images/image-archive.js";
import { ImageCache, type PreparedImage } from "../images/image-cache.js";
import { ImageError } from "../images/image-error.js";
import { type Progress, prepareImage } from "../images/prepare.js";

const USAGE = `worldswitch images list                what the catalog offers, and what is prepared here
worldswitch images prepare NAME        make an image ready, out of Debian packages
worldswitch images export NAME FILE    write a prepared image to a file, preparing it first where it isn't
worldswitch images import FILE         take an image from such a file
`;

/** What the command reads and writes besides the cache: the process, or a test. */
export interface Terminal {
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown; isTTY?: boolean };
}

/** @param args the words after `images`; @returns exit code: 0, 1 for an image error, 2 for wrong use */
export async function imagesCommand(
  args: readonly string[],
  terminal: Terminal = process,
  cache: ImageCache = new ImageCache(),
): Promise<number> {
  const [verb, ...operands] = args;
  const prepare = (name: string) => prepareImage(name, { cache, onProgress: progressLine(terminal) });
  try {
    if (verb === "list" && operands.length === 0) terminal.stdout.write(await list(cache));
    else if (verb === "prepare" && operands.length === 1) terminal.stdout.write(describe(await prepare(operands[0])));
    else if (verb === "export" && operands.length === 2) await exportImage(await prepare(operands[0]), operands[1]);
    else if (verb === "import" && operands.length === 1) terminal.stdout.write(describe(await importImage(operands[0], cache)));
    else if (verb === "--help" || verb === "-h") terminal.stdout.write(USAGE);
    else {
      terminal.stderr.write(USAGE);
      return 2;
    }
    return 0;
  } catch (error) {
    if (!(error instanceof ImageError) && !isFileError(error)) throw error;
    terminal.stderr.write(`${error.message}\n`);
    return 1;
  }
}

async function list(cache: ImageCache): Promise<string> {
  const lines = catalog.map(async (image) => {
    const state = (await cache.find(image)) ? "prepared" : "not prepared";
    return `${image.name.padEnd(18)}${state.padEnd(14)}${`${image.memoryMiB} MiB`.padEnd(10)}${image.description}\n`;
  });
  return (await Promise.all(lines)).join("");
}

function describe(image: PreparedImage): string {
  const packages = image.manifest.packages.map(({ name, version }) => `${name} ${version}`).join(", ");
  return `${image.name}: ${packages}\nkernel  ${image.kernel}\ninitrd  ${image.initrd}\ncmdline ${image.cmdline}\n`;
}

/** One line that is overwritten on a terminal; elsewhere a line per step. */
function progressLine({ stderr }: Terminal): (progress: Progress) => void {
  let shown = "";
  return ({ step, fraction }) => {
    const line = stderr.isTTY ? `\r\x1b[K${step} ${Math.floor(fraction * 100)} %${fraction === 1 ? "\n" : ""}` : `${step}\n`;
    if (line !== shown) stderr.write(line);
    shown = line;
  };
}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}
