/** A list that is kept up to date by events, which may come while it is being read. */
import { beforeEach, expect, it } from "vitest";
import { Collection } from "../../clients/dashboard/src/live/collection.js";

interface Thing {
  id: string;
  name: string;
  createdAt: string;
}

/** A service whose answers wait until they are let go. */
class Service {
  things: Thing[] = [];
  readonly asked: string[] = [];
  pageSize = 100;
  /** What each question is refused with, once. */
  readonly refusals: Error[] = [];
  private held: (() => void)[] | null = null;

  hold(): void {
    this.held = [];
  }

  /** The newest answer comes first. */
  letGo(): void {
    for (const go of this.held?.reverse() ?? []) go();
    this.held = null;
  }

  add(id: string, name = id): void {
    this.things.unshift({ id, name, createdAt: `2026-01-01T00:00:${String(this.things.length).padStart(2, "0")}Z` });
  }

  async answer<T>(what: string, read: () => T): Promise<T> {
    this.asked.push(what);
    const answer = structuredClone(read());
    const refusal = this.refusals.shift();
    await new Promise<void>((resolve) => (this.held ? this.held.push(resolve) : resolve()));
    if (refusal) throw refusal;
    return answer;
  }
}

let service: Service;
let collection: Collection<Thing>;
let most: number;
beforeEach(() => {
  most = 1000;
  service = new Service();
  collection = new Collection<Thing>({
    list: (cursor) => {
      const from = Number(cursor ?? 0);
      const page = () => service.things.slice(from, from + service.pageSize);
      const next = () => (from + service.pageSize < service.things.length ? String(from + service.pageSize) : null);
      return service.answer("list", () => ({ items: page(), nextCursor: next(), eventSeq: 7 }));
    },
    get: (id) => service.answer(id, () => service.things.find((thing) => thing.id === id) ?? null),
    again: async () => service.refusals.length < 5,
    idOf: ({ id }) => id,
    createdAt: ({ createdAt }) => createdAt,
    get most() {
      return most;
    },
  });
});

const names = () => collection.items.value?.map(({ name }) => name);

/** Until nothing is asked for any more. */
async function settled(): Promise<void> {
  for (let before = -1; before !== service.asked.length; ) {
    before = service.asked.length;
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  }
}

it("lists all pages, and says from which event on to follow", async () => {
  for (const id of ["a", "b", "c"]) service.add(id);
  service.pageSize = 2;
  expect(await collection.load()).toBe(7);
  expect(names()).toEqual(["c", "b", "a"]);
});

it("reads again what an event is about", async () => {
  service.add("a");
  await collection.load();
  service.things[0].name = "renamed";
  collection.touch("a");
  await settled();
  expect(names()).toEqual(["renamed"]);
});

it("reads once more what changes while it is read", async () => {
  service.add("a");
  await collection.load();
  service.hold();
  collection.touch("a");
  await settled();
  service.things[0].name = "newest";
  collection.touch("a");
  service.letGo();
  await settled();
  expect(names()).toEqual(["newest"]);
});

it("shows what is new in its place, the newest first", async () => {
  service.add("a");
  await collection.load();
  service.add("b");
  collection.touch("b");
  await settled();
  expect(names()).toEqual(["b", "a"]);
});

it("drops what is not there any more", async () => {
  service.add("a");
  await collection.load();
  service.things = [];
  collection.touch("a");
  await settled();
  expect(names()).toEqual([]);
});

it("lists anew instead of reading very many one by one", async () => {
  for (let n = 0; n < 40; n++) service.add(`t${n}`);
  await collection.load();
  service.hold();
  for (let n = 0; n < 40; n++) collection.touch(`t${n}`);
  service.letGo();
  await settled();
  expect(service.asked.length).toBeLessThan(10);
});

it("does not show again what is dropped while it is listed or read", async () => {
  for (const id of ["a", "b"]) service.add(id);
  await collection.load();
  for (const ask of [() => collection.refresh(), () => collection.touch("a")]) {
    service.hold();
    ask();
    await settled();
    collection.drop("a");
    service.letGo();
    await settled();
    expect(names()).toEqual(["b"]);
  }
});

it("shows what was dropped if it is there when all is listed anew", async () => {
  service.add("a");
  await collection.load();
  collection.drop("a");
  collection.refresh();
  await settled();
  expect(names()).toEqual(["a"]);
});

it("reads what changes before the first page is here", async () => {
  service.add("a");
  service.hold();
  void collection.load();
  await settled();
  service.things[0].name = "renamed";
  collection.touch("a");
  service.letGo();
  await settled();
  expect(names()).toEqual(["renamed"]);
});

it("does not show an older answer after a newer one", async () => {
  for (const id of ["a", "b", "c"]) service.add(id);
  service.pageSize = 2;
  service.hold();
  const loaded = collection.load();
  await settled();
  service.letGo();
  service.hold();
  await settled();
  service.things[2].name = "renamed";
  collection.touch("a");
  service.letGo();
  await loaded;
  await settled();
  expect(names()).toEqual(["c", "b", "renamed"]);
});

it("lists until that succeeds, and says meanwhile why it does not", async () => {
  service.add("a");
  service.refusals.push(new Error("not yet"), new Error("not yet either"));
  const told: unknown[] = [];
  collection.failure.follow(() => told.push(collection.failure.value));
  expect(await collection.load()).toBe(7);
  expect(names()).toEqual(["a"]);
  expect(told).toEqual([new Error("not yet"), new Error("not yet either"), null]);
});

it("gives up where trying once more makes no sense", async () => {
  service.refusals.push(...Array.from({ length: 6 }, () => new Error("never")));
  expect(await collection.load()).toBeNull();
  expect(names()).toBeUndefined();
});

it("says whether there are more than it lists", async () => {
  for (let n = 0; n < 12; n++) service.add(`t${n}`);
  service.pageSize = 4;
  most = 8;
  await collection.load();
  expect(collection.incomplete.value).toBe(true);
  most = 12;
  await collection.load();
  expect(collection.incomplete.value).toBe(false);
});
