/** Images and their files. Catalog images belong to the system project and are everybody's to use. */
import type { Database } from "./database.js";
import type { Image, ImageFile, ImageKind, ImageRole } from "./generated/client.js";
import { newId } from "./ids.js";
import { commit, type Transaction } from "./outbox.js";
import { beyond, newestFirst, type PageRequest } from "./paging.js";
import { type DiskRoom, diskRoom, type Exceeded } from "./quota.js";

export type ImageWithFiles = Image & { files: ImageFile[] };

/** Place of a file in an image. `index` is 0 but for modules. */
export interface FileSlot {
  role: ImageRole;
  index: number;
}

export function isSlot(file: FileSlot, { role, index }: FileSlot): boolean {
  return file.role === role && file.index === index;
}

/** For people. */
export function slotName({ role, index }: FileSlot): string {
  return role === "module" ? `module ${index}` : role;
}

/** The files that an image is made of. None of a catalog image, whose files are no uploads. */
export function awaitedSlots({ roles, modules }: Pick<Image, "roles" | "modules">): FileSlot[] {
  return [...roles.map((role) => ({ role, index: 0 })), ...modules.map((_, index) => ({ role: "module" as const, index }))];
}

const files = { files: { orderBy: [{ role: "asc" as const }, { index: "asc" as const }] } };

/** What a project may see: its own and the catalog's. */
function visible(projectId: string) {
  return { OR: [{ projectId }, { catalog: true }] };
}

export function listImages(db: Database, projectId: string, page: PageRequest): Promise<ImageWithFiles[]> {
  return db.image.findMany({ where: { AND: [visible(projectId), ...beyond(page)] }, include: files, ...newestFirst(page) });
}

/** By id or by name; of a name that both have, the project's own image is meant. */
export async function findImage(db: Database, projectId: string, reference: string): Promise<ImageWithFiles | null> {
  const found = await db.image.findMany({
    where: { AND: [visible(projectId), { OR: [{ id: reference }, { name: reference }] }] },
    include: files,
  });
  return found.find((image) => image.id === reference) ?? found.find((image) => !image.catalog) ?? found[0] ?? null;
}

/** @throws Prisma's P2002 where the project has an image of that name */
export function createImage(
  db: Database,
  wanted: {
    projectId: string;
    name: string;
    kind: ImageKind;
    description?: string;
    cmdline?: string;
    memoryMiB?: number;
    roles: ImageRole[];
    modules: string[];
  },
): Promise<ImageWithFiles> {
  return commit(db, async (tx) => {
    const image = await tx.rows.image.create({ data: { id: newId("image"), state: "pending", ...wanted }, include: files });
    tx.record({ projectId: image.projectId, type: "image.created", subject: image.id, data: { name: image.name } });
    return image;
  });
}

/** Room that a project has for a file in a place of an image: what lies there would go. null: without bound. */
export function roomForFile(db: Database, image: ImageWithFiles, slot: FileSlot): Promise<DiskRoom | null> {
  return commit(db, (tx) => roomInPlace(tx, image, slot));
}

async function roomInPlace(tx: Transaction, { projectId, files }: ImageWithFiles, slot: FileSlot): Promise<DiskRoom | null> {
  const room = await diskRoom(tx, projectId);
  const replaced = files.find((each) => isSlot(each, slot));
  return room && { ...room, bytes: room.bytes + Number(replaced?.sizeBytes ?? 0) };
}

export type Attached =
  | { outcome: "attached"; image: ImageWithFiles; replaced: string | null }
  | { outcome: "gone" }
  | { outcome: "not_pending" }
  | ({ outcome: "quota_exceeded" } & Exceeded);

/** Puts a file that is stored under its digest into a pending image, which becomes `ready` with the last one. */
export function attachFile(db: Database, imageId: string, file: FileSlot & { sha256: string; sizeBytes: bigint }): Promise<Attached> {
  return commit(db, async (tx) => {
    await tx.rows.$queryRaw`SELECT 1 FROM "image" WHERE "id" = ${imageId} FOR NO KEY UPDATE`;
    const image = await tx.rows.image.findUnique({ where: { id: imageId }, include: files });
    if (image === null) return { outcome: "gone" };
    if (image.state !== "pending") return { outcome: "not_pending" };
    const before = image.files.find((each) => isSlot(each, file));
    const { role, index, sha256, sizeBytes } = file;
    const room = await roomInPlace(tx, image, file);
    if (room !== null && sizeBytes > room.bytes) return { outcome: "quota_exceeded", ...room.beyond };
    await tx.rows.imageFile.upsert({
      where: { imageId_role_index: { imageId, role, index } },
      create: { imageId, role, index, sha256, sizeBytes, projectId: image.projectId },
      update: { sha256, sizeBytes, createdAt: new Date() },
    });
    const present = [...image.files, file];
    const state = awaitedSlots(image).every((slot) => present.some((each) => isSlot(each, slot))) ? "ready" : "pending";
    const after = await tx.rows.image.update({ where: { id: imageId }, data: { state }, include: files });
    if (state === "ready") tx.record({ projectId: image.projectId, type: "image.ready", subject: image.id, data: { name: image.name } });
    return { outcome: "attached", image: after, replaced: before && before.sha256 !== sha256 ? before.sha256 : null };
  });
}

export type Deleted = { outcome: "deleted"; digests: string[] } | { outcome: "gone" } | { outcome: "in_use"; vmId: string };

export function deleteImage(db: Database, imageId: string): Promise<Deleted> {
  return commit(db, async (tx) => {
    // Against the foreign key of a vm that is being created from it.
    await tx.rows.$queryRaw`SELECT 1 FROM "image" WHERE "id" = ${imageId} FOR UPDATE`;
    const image = await tx.rows.image.findUnique({ where: { id: imageId }, include: files });
    if (image === null) return { outcome: "gone" };
    const user = await tx.rows.vm.findFirst({ where: { imageId }, select: { id: true } });
    if (user !== null) return { outcome: "in_use", vmId: user.id };
    await tx.rows.image.delete({ where: { id: imageId } });
    tx.record({ projectId: image.projectId, type: "image.deleted", subject: image.id, data: { name: image.name } });
    return { outcome: "deleted", digests: image.files.map(({ sha256 }) => sha256) };
  });
}

/** Whether any image still has a file with this digest. */
export async function isReferenced(db: Database, sha256: string): Promise<boolean> {
  return (await db.imageFile.count({ where: { sha256 } })) > 0;
}
