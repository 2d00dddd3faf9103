/** Takes in a file of an image: bounded, checked against its digest and its kind, and on any failure nothing is kept. */

import type { Request } from "express";
import type { FileRole } from "../contract/image.js";
import { BlobTooLarge, type Incoming } from "../images/blobs.js";
import { readBzImage } from "../images/bzimage.js";
import { ImageError } from "../images/image-error.js";
import { checkMultiboot } from "../images/multiboot.js";
import { checkInitrd } from "../images/ramdisk.js";
import {
  attachFile,
  awaitedSlots,
  type FileSlot,
  type ImageWithFiles,
  isReferenced,
  isSlot,
  roomForFile,
  slotName,
} from "../store/images.js";
import { contentDigests } from "./content-digest.js";
import { notFound, ProblemError } from "./problem.js";
import { quotaExceeded } from "./quota-problem.js";
import type { Service } from "./service.js";

type UploadSlot = FileSlot & { role: FileRole };

export async function takeFile(service: Service, image: ImageWithFiles, slot: UploadSlot, request: Request): Promise<ImageWithFiles> {
  const announced = contentDigests(request.headers["content-digest"]?.toString());
  if (image.state !== "pending") return alreadyThere(image, slot, announced);
  const awaited = awaitedSlots(image);
  if (!awaited.some((each) => isSlot(each, slot)))
    throw new ProblemError(
      "image_state_conflict",
      `The image waits for ${awaited.map(slotName).join(" and ")}, not for a file ${slotName(slot)}`,
    );

  const bound = await boundOf(service, image, slot);
  const incoming = await receive(service, bound, request, [...announced.keys()]);
  try {
    for (const [algorithm, digest] of announced) {
      if (!incoming.digests.get(algorithm)?.equals(digest)) throw new ProblemError("digest_mismatch", `The body's ${algorithm} is another`);
    }
    check(image.kind, slot.role, incoming);
    return await keep(service, image, slot, incoming);
  } finally {
    await service.blobs.discard(incoming);
  }
}

interface Bound {
  bytes: number;
  /** What a larger file is refused with. */
  problem: ProblemError;
}

/** Asked before a byte of the file is taken in: nobody fills the disk with what is thrown away afterwards. */
async function boundOf({ db, settings }: Service, image: ImageWithFiles, slot: UploadSlot): Promise<Bound> {
  const most = settings.maxFileBytes[slot.role];
  const room = await roomForFile(db, image, slot);
  if (room !== null && room.bytes < most) return { bytes: room.bytes, problem: quotaExceeded(room.beyond) };
  return { bytes: most, problem: new ProblemError("body_too_large", `A ${slot.role} may have ${most} bytes`) };
}

async function receive(service: Service, bound: Bound, request: Request, algorithms: string[]): Promise<Incoming> {
  if (Number(request.headers["content-length"] ?? 0) > bound.bytes) throw bound.problem;
  if (request.headers["content-encoding"] !== undefined)
    throw new ProblemError("unsupported_media_type", "Send the bytes without a Content-Encoding");
  const idle = () => request.destroy(new Error("the upload stalled"));
  request.setTimeout(service.settings.uploadIdleMs, idle);
  try {
    return await service.blobs.receive(request, bound.bytes, algorithms);
  } catch (error) {
    if (error instanceof BlobTooLarge) throw bound.problem;
    if (request.destroyed && !request.complete) throw new ProblemError("upload_truncated", undefined, { cause: error });
    throw error;
  }
}

/** A module is whatever its kernel takes for one. */
function check(kind: ImageWithFiles["kind"], role: FileRole, { head, sizeBytes }: Incoming): void {
  try {
    if (role === "initrd") checkInitrd(head);
    else if (role === "kernel" && kind === "multiboot") checkMultiboot(head);
    else if (role === "kernel") readBzImage(head, sizeBytes);
  } catch (error) {
    if (error instanceof ImageError) throw new ProblemError("image_file_invalid", error.message, { cause: error });
    throw error;
  }
}

async function keep({ db, blobs }: Service, image: ImageWithFiles, slot: FileSlot, incoming: Incoming): Promise<ImageWithFiles> {
  const { sha256 } = incoming;
  const attached = await blobs.exclusively(sha256, async () => {
    await blobs.keep(incoming);
    try {
      return await attachFile(db, image.id, { ...slot, sha256, sizeBytes: BigInt(incoming.sizeBytes) });
    } finally {
      if (!(await isReferenced(db, sha256))) await blobs.remove(sha256);
    }
  });
  switch (attached.outcome) {
    case "gone":
      throw notFound("image", image.id);
    case "not_pending":
      throw new ProblemError("image_state_conflict", "The image is ready, and does not change any more");
    case "quota_exceeded":
      throw quotaExceeded(attached);
    case "attached":
      if (attached.replaced !== null) await removeUnreferenced({ db, blobs }, attached.replaced);
      return attached.image;
  }
}

/** Removes a file that no image refers to any more. */
export async function removeUnreferenced({ db, blobs }: Pick<Service, "db" | "blobs">, sha256: string): Promise<void> {
  await blobs.exclusively(sha256, async () => {
    if (!(await isReferenced(db, sha256))) await blobs.remove(sha256);
  });
}

/** Whoever did not hear that the last file had made the image ready sends it again: with its digest, that is recognised. */
function alreadyThere(image: ImageWithFiles, slot: FileSlot, announced: Map<string, Buffer>): ImageWithFiles {
  const present = image.files.find((file) => isSlot(file, slot));
  if (present && announced.get("sha256")?.toString("hex") === present.sha256) return image;
  throw new ProblemError("image_state_conflict", "The image is ready, and does not change any more");
}
