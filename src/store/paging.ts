/** Keyset paging, newest first: a page goes on after the last row of the one before, whether or not that row still exists. */

export interface PageRequest {
  limit: number;
  after: PagePosition | null;
}

export interface PagePosition {
  createdAt: Date;
  id: string;
}

/** Order and number of rows; one more than asked for, which tells whether there is a next page. */
export function newestFirst(page: PageRequest) {
  return { orderBy: [{ createdAt: "desc" as const }, { id: "desc" as const }], take: page.limit + 1 };
}

/** The condition for `AND` that leaves out what earlier pages have shown. */
export function beyond({ after }: PageRequest) {
  if (after === null) return [];
  return [{ OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, id: { lt: after.id } }] }];
}
