/** What a project holds, followed by its stream of events: the one place that lists, and that knows whether the server is there. */
import type { Event, Image, Operation, VmData, Worldswitch } from "@worldswitch/client";
import { isCode } from "../session/explain.js";
import { Collection } from "./collection.js";
import { Observable } from "./observable.js";

/** `lost` and since when, `back` for a moment after that. */
export type Connection = { state: "opening" | "live" } | { state: "lost"; since: number } | { state: "back" };

type Listener = (event: Event) => void;

const BACK_MS = 4000;
const AGAIN_MS = 3000;

export class Following {
  readonly connection = new Observable<Connection>({ state: "opening" });
  readonly machines: Collection<VmData>;
  readonly operations: Collection<Operation>;
  readonly images: Collection<Image>;
  private readonly listeners = new Set<Listener>();
  private readonly over = new AbortController();

  constructor(private readonly client: Worldswitch) {
    const again = (failure: unknown) => this.again(failure);
    this.machines = new Collection({
      list: (cursor) => client.request("listVms", { query: { limit: 100, cursor } }),
      get: (id) => present(client.request("getVm", { params: { id } })),
      again,
      idOf: ({ id }) => id,
      createdAt: ({ createdAt }) => createdAt,
      most: 2000,
    });
    this.operations = new Collection({
      list: (cursor) => client.request("listOperations", { query: { limit: 100, cursor } }),
      get: (id) => present(client.request("getOperation", { params: { id } })),
      again,
      idOf: ({ id }) => id,
      createdAt: ({ createdAt }) => createdAt,
      most: 100,
    });
    this.images = new Collection({
      list: (cursor) => client.request("listImages", { query: { limit: 100, cursor } }),
      get: (id) => present(client.request("getImage", { params: { id } })),
      again,
      idOf: ({ id }) => id,
      createdAt: ({ createdAt }) => createdAt,
      most: 500,
    });
  }

  /** Lists the machines and follows from there. */
  async start(): Promise<void> {
    void this.images.load();
    const from = await this.machines.load();
    if (from === null || this.over.signal.aborted) return;
    void this.operations.load();
    void this.follow(from);
  }

  end(): void {
    this.over.abort();
  }

  /** Is told every event of the project from now on. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** For as long as the token holds: the client opens the stream again whenever it breaks. */
  private async follow(from: number): Promise<void> {
    const { signal } = this.over;
    try {
      const events = this.client.events({ from, signal, onOpened: () => this.opened(), onLost: () => this.lost() });
      for await (const event of events) this.take(event);
    } catch (error) {
      if (signal.aborted) return;
      this.lost();
      // What was missed is listed anew.
      if (await this.again(error)) void this.start();
    }
  }

  /** After a failure: waits, and tells whether to try once more. A token that is refused ends the session elsewhere; anything else may pass. */
  private async again(failure: unknown): Promise<boolean> {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    return !this.over.signal.aborted && !isCode(failure, "unauthorized");
  }

  private opened(): void {
    const again = this.connection.value.state === "lost";
    this.connection.set({ state: again ? "back" : "live" });
    if (!again) return;
    this.refresh();
    setTimeout(() => {
      if (this.connection.value.state === "back") this.connection.set({ state: "live" });
    }, BACK_MS);
  }

  private lost(): void {
    if (this.connection.value.state !== "lost") this.connection.set({ state: "lost", since: Date.now() });
  }

  private take(event: Event): void {
    const { type, subject } = event;
    if (type === "gap") this.refresh();
    else if (type === "vm.deleted") this.machines.drop(subject);
    else if (type === "image.deleted") this.images.drop(subject);
    else if (type.startsWith("vm.")) this.machines.touch(subject);
    else if (type.startsWith("operation.")) this.operations.touch(subject);
    else if (type.startsWith("image.")) this.images.touch(subject);
    for (const listener of [...this.listeners]) listener(event);
  }

  private refresh(): void {
    for (const collection of [this.machines, this.operations, this.images]) collection.refresh();
  }
}

async function present<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (isCode(error, "not_found")) return null;
    throw error;
  }
}
