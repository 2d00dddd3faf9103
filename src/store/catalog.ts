import type { Database } from "./database.js";
import { newId, systemProjectId } from "./ids.js";

export interface CatalogEntry {
  name: string;
  description: string;
  cmdline: string;
  memoryMiB: number;
}

/** Makes the rows of catalog images say what this version's catalog does. They belong to the system project. */
export async function syncCatalog(db: Database, catalog: readonly CatalogEntry[]): Promise<void> {
  for (const { name, description, cmdline, memoryMiB } of catalog) {
    const fields = { description, cmdline, memoryMiB };
    await db.image.upsert({
      where: { projectId_name: { projectId: systemProjectId, name } },
      create: { ...fields, id: newId("image"), projectId: systemProjectId, name, kind: "linux", state: "available", catalog: true },
      update: fields,
    });
  }
}
