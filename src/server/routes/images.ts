import { createImage, deleteImage, getImage, listImages, putImageFile } from "../../contract/endpoints/images.js";
import { awaitedFiles, type FileRole, fileRoles } from "../../contract/image.js";
import { isUniqueViolation } from "../../store/database.js";
import {
  createImage as createRow,
  deleteImage as deleteRow,
  findImage,
  type ImageWithFiles,
  listImages as listRows,
} from "../../store/images.js";
import { latestSeq } from "../../store/outbox.js";
import { pageOf, pageRequest } from "../page.js";
import { Places } from "../places.js";
import { notFound, ProblemError } from "../problem.js";
import { showImage } from "../representation.js";
import type { Router } from "../route.js";
import type { Service } from "../service.js";
import { removeUnreferenced, takeFile } from "../uploads.js";

export function imageRoutes(router: Router, service: Service): void {
  const { db, settings } = service;
  const uploads = new Places();

  async function existing(projectId: string, reference: string): Promise<ImageWithFiles> {
    const image = await findImage(db, projectId, reference);
    if (image === null) throw notFound("image", reference);
    return image;
  }

  /** An image that the project may change: its own. */
  async function own(projectId: string, reference: string): Promise<ImageWithFiles> {
    const image = await existing(projectId, reference);
    if (image.projectId !== projectId) throw new ProblemError("image_state_conflict", "Images of the catalog do not change");
    return image;
  }

  router.serve(listImages, async ({ projectId, query }) => {
    const request = pageRequest(query);
    const eventSeq = Number(await latestSeq(db));
    return { status: 200, body: pageOf(await listRows(db, projectId, request), request, eventSeq, showImage) };
  });

  router.serve(createImage, async ({ projectId, body }) => {
    const { files, modules, ...fields } = body;
    const image = await createRow(db, { ...fields, ...awaitedFiles(body), projectId }).catch((error: unknown) => {
      if (isUniqueViolation(error)) throw new ProblemError("name_taken", `The project has an image ${JSON.stringify(body.name)}`);
      throw error;
    });
    return { status: 201, body: showImage(image), headers: { Location: `/v1/images/${image.id}` } };
  });

  router.serve(getImage, async ({ projectId, params }) => ({ status: 200, body: showImage(await existing(projectId, params.id)) }));

  router.serve(putImageFile, async ({ projectId, params, query, request }) => {
    if (!isFileRole(params.role)) throw notFound("file role", params.role);
    const slot = { role: params.role, index: query.index };
    const leave = uploads.take(projectId, settings.maxUploads);
    if (leave === null) throw new ProblemError("rate_limited", `The project is uploading ${settings.maxUploads} files already`);
    try {
      const image = await takeFile(service, await own(projectId, params.id), slot, request);
      return { status: 200, body: showImage(image) };
    } finally {
      leave();
    }
  });

  router.serve(deleteImage, async ({ projectId, params }) => {
    const image = await own(projectId, params.id);
    const deleted = await deleteRow(db, image.id);
    if (deleted.outcome === "gone") throw notFound("image", params.id);
    if (deleted.outcome === "in_use") throw new ProblemError("image_in_use", `${deleted.vmId} uses it`);
    for (const sha256 of deleted.digests) await removeUnreferenced(service, sha256);
    return { status: 204 };
  });
}

function isFileRole(given: string): given is FileRole {
  return (fileRoles as readonly string[]).includes(given);
}
