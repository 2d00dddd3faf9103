/** Projects: who owns a row. */
import type { Quota } from "../contract/access.js";
import type { Database } from "./database.js";
import type { Project } from "./generated/client.js";
import { newId, systemProjectId } from "./ids.js";
import { commit } from "./outbox.js";
import { beyond, newestFirst, type PageRequest } from "./paging.js";

export function findProject(db: Database, reference: string): Promise<Project | null> {
  return db.project.findFirst({ where: { OR: [{ id: reference }, { name: reference }] } });
}

/** All projects that people work in; with `only`, that one. */
export function listProjects(db: Database, only: string | null, page: PageRequest): Promise<Project[]> {
  return db.project.findMany({ where: { id: only ?? { not: systemProjectId }, AND: beyond(page) }, ...newestFirst(page) });
}

/** @throws Prisma's P2002 where the name is taken */
export function createProject(db: Database, name: string, quota: Quota = {}): Promise<Project> {
  return db.project.create({ data: { id: newId("project"), name, quota } });
}

/** The quota is replaced as a whole. @throws Prisma's P2002 where the name is taken, P2025 where the project has just gone */
export function changeProject(db: Database, id: string, changes: { name?: string; quota?: Quota }): Promise<Project> {
  return db.project.update({ where: { id }, data: changes });
}

/** Deletes a project with its tokens and what is left of its past. @returns false where it still holds a machine or an image */
export function deleteProject(db: Database, id: string): Promise<boolean> {
  return commit(db, async ({ rows: tx }) => {
    // The lock keeps a create in this project waiting: its foreign key needs the row.
    await tx.$queryRaw`SELECT 1 FROM "project" WHERE "id" = ${id} FOR UPDATE`;
    if ((await tx.vm.count({ where: { projectId: id } })) > 0 || (await tx.image.count({ where: { projectId: id } })) > 0) return false;
    for (const past of [tx.token, tx.ticket, tx.idempotencyKey, tx.operation, tx.webhook, tx.event] as unknown as Deletable[]) {
      await past.deleteMany({ where: { projectId: id } });
    }
    await tx.project.delete({ where: { id } });
    return true;
  });
}

interface Deletable {
  deleteMany(args: { where: { projectId: string } }): Promise<unknown>;
}
