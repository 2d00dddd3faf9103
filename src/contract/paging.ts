/** Lists: `limit` and `cursor` in, `{items, nextCursor, eventSeq}` out. */
import { z } from "zod";
import { text } from "./identity.js";

export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(100).default(50).meta({ description: "Most items to answer with" }),
  cursor: text(200).optional().meta({ description: "`nextCursor` of the page before" }),
};

/** A page of `item`. `eventSeq` was read before the items: events from there on miss nothing of what the list does not show. */
export function page<T extends z.ZodType>(id: string, item: T) {
  return z
    .object({
      items: z.array(item),
      nextCursor: z.string().nullable().meta({ description: "Ask with `cursor` for the next page; null on the last" }),
      eventSeq: z.int().meta({ description: "Follow events after this sequence number to miss nothing" }),
    })
    .meta({ id });
}

/** One page, as store functions give it to routes. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
  eventSeq: number;
}
