/** Cursors: where a page ended, opaque to the client. */
import { z } from "zod";
import type { Page } from "../contract/paging.js";
import type { PagePosition, PageRequest } from "../store/paging.js";
import { ProblemError } from "./problem.js";

const Position = z.tuple([z.int().min(0).max(8.64e15), z.string().regex(/^[0-9A-Za-z_]{1,64}$/)]);

/** @throws ProblemError `invalid_cursor` */
export function pageRequest(query: { limit: number; cursor?: string | undefined }): PageRequest {
  return { limit: query.limit, after: query.cursor === undefined ? null : decode(query.cursor) };
}

function decode(cursor: string): PagePosition {
  try {
    const [createdAt, id] = Position.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
    return { createdAt: new Date(createdAt), id };
  } catch (cause) {
    throw new ProblemError("invalid_cursor", undefined, { cause });
  }
}

function encode({ createdAt, id }: PagePosition): string {
  return Buffer.from(JSON.stringify([createdAt.getTime(), id])).toString("base64url");
}

/** `rows` holds one more than the page where there is a next one. */
export function pageOf<Row extends PagePosition, Item>(
  rows: Row[],
  request: PageRequest,
  eventSeq: number,
  show: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, request.limit);
  const last = shown.at(-1);
  return { items: shown.map(show), nextCursor: rows.length > request.limit && last ? encode(last) : null, eventSeq };
}
