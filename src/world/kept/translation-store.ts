import { randomUUID } from "node:crypto";
import { openSync, rmSync } from "node:fs";
import { deserialize, serialize } from "node:v8";
import type { KeptRegion } from "../../vmm/translator/kept-regions.js";
import { link, type RegionObject } from "../../vmm/translator/link.js";
import type { LinkedModule, PlacedRegion } from "../../vmm/translator/port.js";
import { type Extent, makeFolderOf, type PackedChunk, read, readPack, sha256, tidyFolderOf, write, writePack } from "./pack.js";
import { codeOf, moduleOf } from "./v8-code.js";

/** Bytes of the chunks in a file, at most. The newest stay. */
const MOST_BYTES = 64 * 2 ** 20;
/** Bytes from a head on by which one is known. */
const HEAD_BYTES = 16;
/** Changes for which the file is written anew: so many, and a share of the regions that it would have. */
const WORTH_WRITING = 16;
const SHARE_WORTH_WRITING = 1 / 16;

/** Regions that share a module: what they are known by, by position, and the blob, as a PackedChunk has it. */
interface Chunk extends Omit<PackedChunk, "regions"> {
  readonly numbers: readonly number[];
}

/**
 * Translations of one kind of machine, kept in a file from one machine to the next. Regions and chunks of earlier machines have negative numbers. What
 * can't be read or written costs time, and nothing else.
 */
export class TranslationStore {
  /** The newest last. */
  private readonly chunks = new Map<number, Chunk>();
  /** The chunk of each region, and what is to be kept of it. */
  private readonly homes = new Map<number, number>();
  private readonly kept = new Map<number, KeptRegion>();
  private scratch?: { readonly file: number; end: number };
  private changes = 0;
  private broken = false;

  constructor(private readonly path: string) {}

  /** Reads the file. @returns what there is of earlier machines */
  open(): PlacedRegion[] {
    const placed: PlacedRegion[] = [];
    const { chunks } = readPack(this.path);
    for (const [i, { regions, ...rest }] of chunks.entries()) {
      const chunk = i - chunks.length;
      const numbers = regions.map((region, position) => {
        if (!region) return 0;
        const number = -1 - this.kept.size;
        this.kept.set(number, region);
        this.homes.set(number, chunk);
        placed.push({ number, chunk, position, chunkSize: regions.length, region });
        return number;
      });
      this.chunks.set(chunk, { ...rest, numbers });
    }
    return placed;
  }

  /** A module was made. Those of its regions are kept of which somebody says so. */
  add(chunk: number, numbers: readonly number[], objects: readonly RegionObject[], module: WebAssembly.Module): void {
    // V8 ends the process where there is no code to serialize.
    const code = this.broken || objects.length === 0 ? null : codeOf(module);
    if (!code) return;
    const first = serialize(objects);
    const bytes = Buffer.concat([first, code]);
    try {
      this.chunks.set(chunk, { numbers, objectsLength: first.length, digest: sha256(bytes), blob: this.put(bytes) });
    } catch {
      // No room, or no right to write there: what is there stays of use.
      this.broken = true;
      return;
    }
    for (const number of numbers) {
      const before = this.homes.get(number);
      this.homes.set(number, chunk);
      if (before !== undefined) this.vacated(before);
    }
    this.changes += numbers.length;
  }
  keep(number: number, region: KeptRegion): void {
    if (!this.homes.has(number)) return;
    this.kept.set(number, region);
    this.changes++;
  }
  forget(number: number): void {
    const chunk = this.homes.get(number);
    if (chunk === undefined) return;
    this.homes.delete(number);
    this.kept.delete(number);
    this.vacated(chunk);
    this.changes++;
  }
  private vacated(chunk: number): void {
    if (!this.chunks.get(chunk)?.numbers.some((number) => this.homes.get(number) === chunk)) this.chunks.delete(chunk);
  }

  /** A region's object; undefined where it can't be had any more. */
  object(number: number): RegionObject | undefined {
    const chunk = this.chunks.get(this.homes.get(number) ?? 0);
    return chunk && this.contents(chunk)?.objects[chunk.numbers.indexOf(number)];
  }

  /** A chunk's module; null where it can't be had any more. */
  load(number: number): LinkedModule | null {
    const chunk = this.chunks.get(number);
    const contents = chunk && this.contents(chunk);
    if (!chunk || !contents) return null;
    const { bytes, imports } = link(contents.objects);
    const module = moduleOf(contents.code, bytes);
    if (!module) return null;
    // Of use: so it counts as new.
    this.chunks.delete(number);
    this.chunks.set(number, chunk);
    return { module, imports };
  }
  private contents({ blob, objectsLength, digest }: Chunk): { objects: RegionObject[]; code: Uint8Array } | null {
    try {
      const bytes = read(blob);
      if (!sha256(bytes).equals(digest)) return null;
      return { objects: deserialize(bytes.subarray(0, objectsLength)) as RegionObject[], code: bytes.subarray(objectsLength) };
    } catch {
      return null;
    }
  }

  /** Writes the file, if enough has changed. What other machines have put there meanwhile stays, where there is nothing of ours in its place. */
  save(): void {
    if (this.changes < Math.max(WORTH_WRITING, this.kept.size * SHARE_WORTH_WRITING) || this.broken) return;
    this.changes = 0;
    const there = readPack(this.path);
    try {
      const heads = new Set([...this.kept.values()].flatMap(headsOf));
      const others = there.chunks.map((chunk): PackedChunk => {
        const regions = chunk.regions.map((region) => (region && headsOf(region).some((head) => heads.has(head)) ? null : region));
        return { ...chunk, regions };
      });
      makeFolderOf(this.path);
      writePack(this.path, newest([...others, ...this.packed()]));
      tidyFolderOf(this.path);
    } catch {
      this.broken = true;
    } finally {
      there.close();
    }
  }
  private packed(): PackedChunk[] {
    return Array.from(this.chunks, ([number, { numbers, ...rest }]) => {
      const regions = numbers.map((region) => (this.homes.get(region) === number ? (this.kept.get(region) ?? null) : null));
      return { ...rest, regions };
    });
  }

  /** Puts bytes into a file without a name, which goes with the process. */
  private put(bytes: Uint8Array): Extent {
    if (!this.scratch) {
      makeFolderOf(this.path);
      const path = `${this.path}.${randomUUID()}`;
      this.scratch = { file: openSync(path, "wx+", 0o600), end: 0 };
      rmSync(path);
    }
    const { file, end } = this.scratch;
    write(file, bytes, end);
    this.scratch.end += bytes.length;
    return { file, at: end, length: bytes.length };
  }
}

/** Those with something in them; as many of the last ones as a file may have. */
function newest(chunks: readonly PackedChunk[]): PackedChunk[] {
  const used = chunks.filter(({ regions }) => regions.some((region) => region !== null));
  let bytes = 0;
  let first = used.length;
  while (first > 0 && bytes + used[first - 1].blob.length <= MOST_BYTES) bytes += used[--first].blob.length;
  return used.slice(first);
}

/** What tells the instructions at which a region is entered from others. */
function headsOf({ user, direct, entries, code }: KeptRegion): string[] {
  const own = code.filter(({ distance }) => distance === 0);
  return entries.map(({ offset }) => {
    const piece = own.find((one) => offset >= one.offset && offset < one.offset + one.bytes.length);
    const bytes = piece?.bytes.subarray(offset - piece.offset, offset - piece.offset + HEAD_BYTES) ?? [];
    return [user, direct, offset, ...bytes].join(" ");
  });
}
