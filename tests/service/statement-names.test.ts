import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { statementNames } from "../../src/store/statement-names.js";
import { type StoreInstallation, startStore } from "./worker-installation.js";

describe("a statement's name", () => {
  it("is the same each time, and no other statement's", () => {
    const nameOf = statementNames();
    const [one, two] = ["SELECT 1", "SELECT 2"].map((sql) => nameOf({ sql }));
    expect(one).not.toBe(two);
    expect(nameOf({ sql: "SELECT 1" })).toBe(one);
  });

  it("is given neither to long lists nor without end, so that what a connection keeps is bounded", () => {
    const nameOf = statementNames();
    const parameters = Array.from({ length: 40 }, (_, n) => `$${n + 1}`).join(",");
    expect(nameOf({ sql: `SELECT 1 WHERE 1 IN (${parameters})` })).toBe("");
    const names = new Set(Array.from({ length: 1000 }, (_, n) => nameOf({ sql: `SELECT ${n}` })));
    expect(names.has("")).toBe(true);
    expect(names.size).toBeLessThan(500);
    expect(nameOf({ sql: "SELECT 0" })).not.toBe("");
  });
});

describe("statements that are kept", () => {
  let store: StoreInstallation;
  beforeAll(async () => {
    store = await startStore();
  });
  afterAll(() => store?.close());

  it("give what is there now, also after an error and after the table has got another column", async () => {
    const { db } = store;
    const read = () => db.project.findMany({ where: { name: { startsWith: "kept" } }, orderBy: { name: "asc" } });
    const create = (name: string) => db.project.create({ data: { id: `proj_${name}`, name } });
    for (let n = 0; n < 12; n++) {
      await create(`kept${String(n).padStart(2, "0")}`);
      expect(await read()).toHaveLength(n + 1);
      await expect(create("kept00")).rejects.toThrow();
    }
    await db.$executeRawUnsafe("ALTER TABLE project ADD COLUMN colour text DEFAULT 'red'");
    expect(await read()).toHaveLength(12);
    await create("kept99");
    expect((await read()).at(-1)).toMatchObject({ name: "kept99", quota: {} });
  });
});
