import type { Logger } from "pino";
import { DeliveryRound } from "./delivery-round.js";
import { ScrollbackRing } from "./ring.js";
import { ScrollbackFile } from "./scrollback-file.js";

/** Scrollback in memory, in bytes. */
const ringBytes = 512 * 1024;

/** Keys that may wait for the guest, in bytes; and how far they must have gone down before more are read. */
export const inputLimit = 64 * 1024;
const inputResume = inputLimit / 2;

/** Somebody who looks at a console, and may type if it is the writer. */
export interface Viewer {
  mayWrite: boolean;
  /** There are bytes behind the offset that it has sent. Must not throw. */
  wake(): void;
  /** Its own role, the writer or the number of viewers changed. */
  roleChanged(): void;
  /** The machine ended (`reason` as in the vm's state), or the vm was deleted. */
  machineEnded(reason: string): void;
  /** The vm is gone: end the connection. */
  gone(): void;
  /** Read no more input until `resume`. */
  pause(): void;
  resume(): void;
}

/** Where input goes: the VM process of the machine. */
export type InputSink = (data: Uint8Array) => void;

/**
 * One serial port of one vm: its scrollback, who looks, who types, and what was typed and not taken yet. Lives from the vm's first byte or viewer to its
 * deletion, across starts and stops. Nothing here waits for a viewer: each reads the ring at its own pace and is skipped forward when it is overtaken.
 */
export class Console {
  readonly ring: ScrollbackRing;
  private readonly file: ScrollbackFile;
  private readonly viewers = new Set<Viewer>();
  private writerViewer: Viewer | null = null;
  private sink: InputSink | null = null;
  private readonly waiting: Uint8Array[] = [];
  private waitingBytes = 0;
  /** Given to the VM process and not yet taken by the guest. */
  private inFlight = 0;
  private paused: Viewer | null = null;
  private fileFailed = false;
  private readonly round = new DeliveryRound(() => {
    for (const viewer of this.viewers) viewer.wake();
  });

  constructor(
    folder: string,
    private readonly log: Logger,
  ) {
    this.file = new ScrollbackFile(folder);
    const { bytes, end } = this.file.load();
    this.ring = new ScrollbackRing(ringBytes, end - bytes.length);
    this.ring.append(bytes);
  }

  get viewerCount(): number {
    return this.viewers.size;
  }

  /** Nobody looks, no machine writes, and all that is kept is on disk. */
  get disposable(): boolean {
    return this.viewers.size === 0 && this.sink === null && !this.fileFailed;
  }

  get writer(): Viewer | null {
    return this.writerViewer;
  }

  /** Bytes from the guest. */
  output(bytes: Uint8Array): void {
    this.ring.append(bytes);
    this.persist(bytes);
    this.round.request(bytes.length);
  }

  attach(viewer: Viewer): void {
    this.viewers.add(viewer);
    if (viewer.mayWrite && !this.writerViewer) this.writerViewer = viewer;
    this.announce(viewer);
  }

  /** If the writer leaves, the one that has been there longest and may write follows. */
  detach(viewer: Viewer): void {
    if (!this.viewers.delete(viewer)) return;
    if (this.paused === viewer) this.paused = null;
    if (this.writerViewer === viewer) this.writerViewer = [...this.viewers].find((other) => other.mayWrite) ?? null;
    this.announce(null);
  }

  /** Makes a viewer that may write the writer. False: it may not. */
  takeOver(viewer: Viewer): boolean {
    if (!viewer.mayWrite) return false;
    if (this.writerViewer !== viewer) {
      this.writerViewer = viewer;
      this.resumeReading();
      this.announce(null);
    }
    return true;
  }

  /** Keys of a viewer; those of anybody but the writer are dropped. With {@link inputLimit} waiting the viewer is told to read no more. */
  input(viewer: Viewer, data: Uint8Array): void {
    if (viewer !== this.writerViewer || data.length === 0) return;
    this.waiting.push(data);
    this.waitingBytes += data.length;
    this.feed();
    if (this.waitingBytes + this.inFlight >= inputLimit && !this.paused) {
      this.paused = viewer;
      viewer.pause();
    }
  }

  /** The guest has taken input. */
  taken(bytes: number): void {
    this.inFlight = Math.max(0, this.inFlight - bytes);
    this.feed();
    if (this.waitingBytes + this.inFlight <= inputResume) this.resumeReading();
  }

  /** A machine begins: what was typed meanwhile is for it. */
  connect(sink: InputSink): void {
    this.sink = sink;
    this.inFlight = 0;
    this.feed();
  }

  /** The machine ended: what it has not taken is for nobody. */
  disconnect(reason: string): void {
    this.sink = null;
    this.inFlight = 0;
    this.waiting.length = 0;
    this.waitingBytes = 0;
    this.resumeReading();
    for (const viewer of this.viewers) viewer.machineEnded(reason);
  }

  /** Ends all connections. The scrollback stays on disk. */
  close(): void {
    this.file.close();
    this.round.close();
    for (const viewer of this.viewers) viewer.gone();
    this.viewers.clear();
    this.writerViewer = null;
  }

  private feed(): void {
    while (this.sink && this.waiting.length > 0 && this.inFlight < inputLimit) {
      const data = this.waiting[0];
      const part = data.subarray(0, inputLimit - this.inFlight);
      if (part.length === data.length) this.waiting.shift();
      else this.waiting[0] = data.subarray(part.length);
      this.waitingBytes -= part.length;
      this.inFlight += part.length;
      this.sink(part);
    }
  }

  private resumeReading(): void {
    const viewer = this.paused;
    this.paused = null;
    viewer?.resume();
  }

  private announce(except: Viewer | null): void {
    for (const viewer of this.viewers) if (viewer !== except) viewer.roleChanged();
  }

  private persist(bytes: Uint8Array): void {
    if (this.fileFailed) return;
    try {
      this.file.append(bytes);
    } catch (error) {
      this.fileFailed = true;
      this.log.error({ err: error }, "scrollback is not kept on disk any more");
    }
  }
}
