import { randomUUID } from "node:crypto";
import { closeSync, openSync, rmSync } from "node:fs";
import { type Extent, makeFolderOf, type Part, read, sha256, write } from "./pack.js";

/** A file without a name, which goes with the process: what is put there lies one behind the other, and none of it goes before the rest. */
export class ScratchFile {
  private end = 0;

  private constructor(private readonly file: number) {}

  /** In the folder of another file. @throws what the file system says */
  static beside(path: string): ScratchFile {
    makeFolderOf(path);
    const name = `${path}.${randomUUID()}`;
    const file = openSync(name, "wx+", 0o600);
    rmSync(name);
    return new ScratchFile(file);
  }

  get size(): number {
    return this.end;
  }
  has({ extent }: Part): boolean {
    return extent.file === this.file;
  }

  /** @throws where there is no room */
  put(bytes: Uint8Array): Part {
    return { extent: this.append(bytes), digest: sha256(bytes) };
  }
  /** The same as lies in another file. @throws where it can't be read, or there is no room */
  copy({ extent, digest }: Part): Part {
    return { extent: this.append(read(extent)), digest };
  }
  private append(bytes: Uint8Array): Extent {
    const extent = { file: this.file, at: this.end, length: bytes.length };
    write(extent.file, bytes, extent.at);
    this.end += bytes.length;
    return extent;
  }

  close(): void {
    closeSync(this.file);
  }
}
