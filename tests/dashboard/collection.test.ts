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
  private held: (() => void)[] | null = null;

  hold(): void {
    this.held = [];
  }

  letGo(): void {
    for (const go of this.held ?? []) go();
    this.held = null;
  }

  add(id: string, name = id): void {
    this.things.unshift({ id, name, createdAt: `2026-01-01T00:00:${String(this.things.length).padStart(2, "0")}Z` });
  }

  async answer<T>(what: string, read: () => T): Promise<T> {
    this.asked.push(what);
    const answer = structuredClone(read());
    await new Promise<void>((resolve) => (this.held ? this.held.push(resolve) : resolve()));
    return answer;
  }
}

let service: Service;
let collection: Collection<Thing>;
beforeEach(() => {
  service = new Service();
  collection = new Collection<Thing>({
    list: (cursor) => {
      const from = Number(cursor ?? 0);
      const page = () => service.things.slice(from, from + service.pageSize);
      const next = () => (from + service.pageSize < service.things.length ? String(from + service.pageSize) : null);
      return service.answer("list", () => ({ items: page(), nextCursor: next(), eventSeq: 7 }));
    },
    get: (id) => service.answer(id, () => service.things.find((thing) => thing.id === id) ?? null),
    idOf: ({ id }) => id,
    createdAt: ({ createdAt }) => createdAt,
    most: 1000,
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
