import type { ChunkReport } from "./chunk.js";
import { DIRECTED } from "./plan.js";

const SHOWN = 5;

/** What is said of a family, or of the directed cases, when all its chunks are done. */
export class FamilySummary {
  #compared = 0;
  #differing = 0;
  readonly #unjudged = new Map<string, number>();
  readonly #byForm = new Map<string, number>();
  /** Text by kind. */
  readonly #shown = new Map<string, string>();

  constructor(readonly family: string) {}

  add(chunk: ChunkReport): void {
    this.#compared += chunk.compared;
    this.#differing += chunk.differing;
    addTo(this.#unjudged, chunk.unjudged);
    addTo(this.#byForm, chunk.byForm);
    const limit = this.family === DIRECTED ? Number.POSITIVE_INFINITY : SHOWN;
    for (const { kind, text } of chunk.shown) if (this.#shown.size < limit) this.#shown.set(kind, this.#shown.get(kind) ?? text);
  }

  *lines(): Generator<string> {
    if (this.family === "") return;
    const reasons = [...this.#unjudged].map(([reason, count]) => `, ${count} not judged (${reason})`).join("");
    yield `${this.family.padEnd(15)} ${String(this.#compared).padStart(9)} compared, ${this.#differing} differ${reasons}`;
    if (this.#differing === 0) return;
    const forms = [...this.#byForm].sort(([, a], [, b]) => b - a);
    yield `  in cases of one instruction: ${forms.map(([form, count]) => `${form}: ${count}`).join("; ") || "none"}`;
    yield* this.#shown.values();
  }
}

function addTo(sums: Map<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) sums.set(name, (sums.get(name) ?? 0) + count);
}
