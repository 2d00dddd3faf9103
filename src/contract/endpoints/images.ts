import { z } from "zod";
import { endpoint } from "../endpoint.js";
import { Image, ImageCreate, ImagePage, mostModules } from "../image.js";
import { pageQuery } from "../paging.js";

const tag = "images";

export const listImages = endpoint({
  id: "listImages",
  method: "get",
  path: "/v1/images",
  tag,
  summary: "List images: the catalog's and the project's own",
  role: "viewer",
  query: pageQuery,
  answers: { 200: { description: "A page of images", schema: ImagePage } },
  problems: ["invalid_cursor"],
});

export const createImage = endpoint({
  id: "createImage",
  method: "post",
  path: "/v1/images",
  tag,
  summary: "Announce an image whose files will be uploaded",
  role: "operator",
  body: ImageCreate,
  answers: {
    201: {
      description: "The image, `pending`, with the roles it waits for",
      schema: Image,
      headers: { Location: "The image" },
    },
  },
  problems: ["name_taken"],
});

export const getImage = endpoint({
  id: "getImage",
  method: "get",
  path: "/v1/images/{id}",
  tag,
  summary: "One image, by id or name",
  role: "viewer",
  answers: { 200: { description: "The image", schema: Image } },
  problems: ["not_found"],
});

export const putImageFile = endpoint({
  id: "putImageFile",
  method: "put",
  path: "/v1/images/{id}/files/{role}",
  tag,
  summary: "Upload a file of an image",
  description:
    "The raw bytes as the body (`curl -T`). `Content-Digest: sha-256=:...:` is checked where it is given. While the image is pending a file may be sent again; once all roles are in, the image is `ready` and never changes. What is refused leaves nothing behind.",
  role: "operator",
  query: {
    index: z.coerce
      .number()
      .int()
      .min(0)
      .max(mostModules - 1)
      .default(0)
      .meta({ description: "Which module; only with role `module`" }),
  },
  upload: true,
  answers: { 200: { description: "The image as it is now", schema: Image } },
  problems: [
    "not_found",
    "image_state_conflict",
    "image_file_invalid",
    "invalid_digest",
    "digest_mismatch",
    "upload_truncated",
    "body_too_large",
    "quota_exceeded",
  ],
});

export const deleteImage = endpoint({
  id: "deleteImage",
  method: "delete",
  path: "/v1/images/{id}",
  tag,
  summary: "Delete an image that no machine uses",
  role: "operator",
  answers: { 204: { description: "It is gone" } },
  problems: ["not_found", "image_in_use", "image_state_conflict"],
});
