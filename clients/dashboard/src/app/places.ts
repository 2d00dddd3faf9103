/** Where one can be on the page, and its address: the part behind `#`, so that a reload and a link lead to the same place without the server knowing of it. */
import { Observable } from "../live/observable.js";

export type Place =
  | { page: "machines" }
  | { page: "machine"; id: string }
  | { page: "images" }
  | { page: "operations" }
  | { page: "tokens" }
  | { page: "projects" }
  | { page: "engine" }
  | { page: "unknown" };

export type ListPage = Exclude<Place["page"], "machine" | "unknown">;
const listPages: readonly ListPage[] = ["machines", "images", "operations", "tokens", "projects", "engine"];

export function placeOf(hash: string): Place {
  const [first = "", second, ...rest] = hash.replace(/^#?\/?/, "").split("/");
  if (first === "") return { page: "machines" };
  if (first === "machines" && second && rest.length === 0) return { page: "machine", id: second };
  const page = listPages.find((name) => name === first);
  return page && second === undefined ? { page } : { page: "unknown" };
}

export function addressOf(place: ListPage | { machine: string }): string {
  return typeof place === "string" ? `#/${place}` : `#/machines/${place.machine}`;
}

export const place = new Observable<Place>(placeOf(location.hash));

export function go(to: Parameters<typeof addressOf>[0]): void {
  location.hash = addressOf(to);
}

addEventListener("hashchange", () => place.set(placeOf(location.hash)));
