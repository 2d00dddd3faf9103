/** Lists of the service come in pages. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
  eventSeq: number;
}

/** All of a list, page by page as they are needed. */
export async function* everyItem<T>(page: (cursor: string | undefined) => Promise<Page<T>>): AsyncGenerator<T, void, undefined> {
  let cursor: string | undefined;
  do {
    const { items, nextCursor } = await page(cursor);
    yield* items;
    cursor = nextCursor ?? undefined;
  } while (cursor !== undefined);
}
