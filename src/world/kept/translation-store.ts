import { deserialize, serialize } from "node:v8";
import type { KeptRegion } from "../../vmm/translator/kept-regions.js";
import type { RegionObject } from "../../vmm/translator/link.js";
import type { LinkedModule, PlacedRegion } from "../../vmm/translator/port.js";
import type { Batch } from "../../vmm/translator/translator.js";
import { functionBodies } from "../../vmm/wasm/function-bodies.js";
import { makeFolderOf, markAsUsed, type PackedChunk, type PackedRegion, read, readPack, sha256, tidyFolderOf, writePack } from "./pack.js";
import { ScratchFile } from "./scratch-file.js";
import { moduleOf, withCodeOf } from "./v8-code.js";

/**
 * Bytes of the chunks in a file, and of those that a machine knows, at most. The newest stay. What a machine recalls is resident, in chunks: with 64 MiB, which several
 * kinds of work on one kernel fill, that was 100 MiB.
 */
const MOST_BYTES = 32 * 2 ** 20;
/** Bytes from a head on by which one is known. */
const HEAD_BYTES = 16;
/** Changes for which the file is written anew: so many, and a share of the regions that it would have. */
const WORTH_WRITING = 16;
const SHARE_WORTH_WRITING = 1 / 32;

/** Regions that share a module: what they are known by, by position. */
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
  /** The chunk of each region; and what is to be kept of it, as bytes: thousands of regions are tens of megabytes as objects. */
  private readonly homes = new Map<number, number>();
  private readonly kept = new Map<number, PackedRegion>();
  private bytes = 0;
  /** Chunks that can't be had any more, by `digestOf`. */
  private readonly lost = new Set<string>();
  /** Of this machine. */
  private scratch?: ScratchFile;
  private lately?: { readonly chunk: number; readonly objects: readonly RegionObject[] };
  private changes = 0;
  private broken = false;

  constructor(
    private readonly path: string,
    private readonly mostBytes = MOST_BYTES,
  ) {}

  /** Reads the file. @returns what there is of earlier machines */
  open(): PlacedRegion[] {
    const placed: PlacedRegion[] = [];
    const { chunks } = readPack(this.path);
    if (chunks.length > 0) markAsUsed(this.path);
    for (const [i, { regions, ...rest }] of chunks.entries()) {
      const chunk = i - chunks.length;
      // One that has lost most of its regions is a small one.
      const chunkSize = regions.filter((region) => region !== null).length;
      const numbers = regions.map((region, position) => {
        if (!region) return 0;
        const number = -1 - this.kept.size;
        this.kept.set(number, region);
        this.homes.set(number, chunk);
        placed.push({ number, chunk, position, chunkSize, region: unpacked(region) });
        return number;
      });
      this.chunks.set(chunk, { ...rest, numbers });
      this.bytes += bytesOf(rest);
    }
    return placed;
  }

  /** A module was made. Those of its regions are kept of which somebody says so. Whether they can be. */
  add(chunk: number, { numbers, objects, bytes: wasm }: Omit<Batch, "regions">, module: WebAssembly.Module): boolean {
    if (this.broken || objects.length === 0) return false;
    try {
      withCodeOf(module, (code) => {
        this.scratch ??= ScratchFile.beside(this.path);
        const { scratch } = this;
        const rest = serialize(objects.map(({ body, ...rest }) => rest));
        this.chunks.set(chunk, { numbers, parts: [code, wasm, rest].map((bytes) => scratch.put(bytes)) });
      });
    } catch {
      // No room, or no right to write there: what is there stays of use.
      this.broken = true;
    }
    const added = this.chunks.get(chunk);
    if (!added) return false;
    this.bytes += bytesOf(added);
    for (const number of numbers) {
      const before = this.homes.get(number);
      this.homes.set(number, chunk);
      if (before !== undefined) this.vacated(before);
    }
    this.changes += numbers.length;
    this.dropOldest();
    this.renewScratch();
    return true;
  }
  /** A machine may run for months, and regions come without end: what there is no room for in the file is of no use. */
  private dropOldest(): void {
    for (const number of this.chunks.keys()) {
      if (this.bytes <= this.mostBytes) break;
      this.drop(number);
    }
  }
  /** What was dropped takes room on the disk still: where that is a third of it or more, the rest moves. */
  private renewScratch(): void {
    const { scratch: old } = this;
    if (!old || old.size <= 1.5 * this.mostBytes) return;
    try {
      const scratch = ScratchFile.beside(this.path);
      for (const [number, chunk] of this.chunks)
        this.chunks.set(number, { ...chunk, parts: chunk.parts.map((part) => (old.has(part) ? scratch.copy(part) : part)) });
      this.scratch = scratch;
      old.close();
    } catch {
      this.broken = true;
    }
  }
  keep(number: number, region: KeptRegion): void {
    if (!this.homes.has(number)) return;
    this.kept.set(number, { heads: headsOf(region), bytes: Buffer.from(serialize(region)) });
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
  private vacated(number: number): void {
    const chunk = this.chunks.get(number);
    if (!chunk || chunk.numbers.some((region) => this.homes.get(region) === number)) return;
    this.chunks.delete(number);
    this.bytes -= bytesOf(chunk);
  }
  private drop(number: number): void {
    for (const region of this.chunks.get(number)?.numbers ?? []) if (this.homes.get(region) === number) this.forget(region);
  }

  /** A region's object; undefined where it can't be had any more. */
  object(number: number): RegionObject | undefined {
    const home = this.homes.get(number) ?? 0;
    const chunk = this.chunks.get(home);
    if (!chunk) return undefined;
    // One after the other is asked for, those of a chunk together.
    if (this.lately?.chunk !== home) this.lately = { chunk: home, objects: this.objects(chunk) };
    return this.lately.objects[chunk.numbers.indexOf(number)];
  }
  private objects(chunk: Chunk): RegionObject[] {
    const [, wasm, rest] = this.parts(chunk, 3);
    if (!wasm || !rest) return [];
    const bodies = functionBodies(new Uint8Array(wasm));
    return (deserialize(new Uint8Array(rest)) as Omit<RegionObject, "body">[]).map((one, i) => ({ ...one, body: bodies[i] }));
  }

  /** A chunk's module; null where it can't be had any more. */
  load(number: number): LinkedModule | null {
    const chunk = this.chunks.get(number);
    const [code, wasm] = chunk ? this.parts(chunk, 2) : [];
    const module = code && wasm ? moduleOf(code, wasm) : null;
    if (!chunk || !module) {
      this.lose(number);
      return null;
    }
    // Of use: so it counts as new.
    this.chunks.delete(number);
    this.chunks.set(number, chunk);
    return { module, imports: WebAssembly.Module.imports(module).flatMap(({ kind, name }) => (kind === "function" ? [name] : [])) };
  }
  /** Its regions are made anew: so it isn't written again. */
  private lose(number: number): void {
    const chunk = this.chunks.get(number);
    if (chunk) this.lost.add(digestOf(chunk));
    this.drop(number);
  }
  /** The first parts of a chunk's blob; none, if they are not what they were. */
  private parts({ parts }: Chunk, count: number): ArrayBuffer[] {
    try {
      const bytes = parts.slice(0, count).map(({ extent }) => read(extent));
      return bytes.every((part, i) => sha256(part).equals(parts[i].digest)) ? bytes.map(({ buffer }) => buffer) : [];
    } catch {
      return [];
    }
  }

  /** Writes the file, if enough has changed; whether it has. What other machines have put there meanwhile stays, where there is nothing of ours in its place. */
  save(): boolean {
    if (this.changes < Math.max(WORTH_WRITING, this.kept.size * SHARE_WORTH_WRITING) || this.broken) return false;
    const there = readPack(this.path);
    try {
      const heads = new Set([...this.kept.values()].flatMap((region) => region.heads));
      const others = there.chunks.flatMap((chunk): PackedChunk[] => {
        if (this.lost.has(digestOf(chunk))) return [];
        const regions = chunk.regions.map((region) => (region?.heads.some((head) => heads.has(head)) ? null : region));
        return [{ ...chunk, regions }];
      });
      makeFolderOf(this.path);
      writePack(this.path, newest([...others, ...this.packed()], this.mostBytes));
      tidyFolderOf(this.path);
      this.changes = 0;
      return true;
    } catch {
      // Perhaps there is room later.
      return false;
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
}

/** With a copy of its code: what the deserializer gives is a view of the whole index, which would be sent with it. */
function unpacked({ bytes }: PackedRegion): KeptRegion {
  const region = deserialize(bytes) as KeptRegion;
  return { ...region, bytes: new Uint8Array(region.bytes) };
}

/** Those with something in them; as many of the last ones as a file may have. */
function newest(chunks: readonly PackedChunk[], mostBytes: number): PackedChunk[] {
  const used = chunks.filter(({ regions }) => regions.some((region) => region !== null));
  let bytes = 0;
  let first = used.length;
  while (first > 0 && bytes + bytesOf(used[first - 1]) <= mostBytes) bytes += bytesOf(used[--first]);
  return used.slice(first);
}

/** What a chunk has in files. */
function bytesOf({ parts }: Pick<PackedChunk, "parts">): number {
  return parts.reduce((sum, { extent }) => sum + extent.length, 0);
}

/** What tells a chunk from others. */
function digestOf({ parts }: Pick<PackedChunk, "parts">): string {
  return parts.map(({ digest }) => Buffer.from(digest).toString("hex")).join(" ");
}

/** What tells the instructions at which a region is entered from others. */
function headsOf({ user, direct, entries, code, bytes }: KeptRegion): string[] {
  const starts: number[] = [];
  for (const [i] of code.entries()) starts.push(i === 0 ? 0 : starts[i - 1] + code[i - 1].length);
  return entries.map(({ offset }) => {
    const i = code.findIndex((one) => one.distance === 0 && offset >= one.offset && offset < one.offset + one.length);
    const from = starts[i] + offset - code[i]?.offset;
    return [user, direct, offset, ...bytes.subarray(from, from + HEAD_BYTES)].join(" ");
  });
}
