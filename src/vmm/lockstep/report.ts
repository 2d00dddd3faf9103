import { MonitorFault } from "../monitor-fault.js";
import { instructionText } from "./instruction-text.js";
import type { Difference } from "./pair.js";
import type { Finding } from "./search.js";

/** Most instructions and differing parts that a report lists. */
const SHOWN = 24;

const hex = (value: number) => (value >>> 0).toString(16).padStart(8, "0");

/** What differs, part by part: reference and subject, and what it was before, where that is known. */
function parts({ state, pages, other }: Difference, before?: ReadonlyMap<string, number>): Record<string, string> {
  const lines: [string, string][] = state.slice(0, SHOWN).map(({ name, reference, subject }) => {
    const was = before?.get(name);
    return [name, `${hex(reference)} by the reference, ${hex(subject)} by the subject${was === undefined ? "" : `, ${hex(was)} before`}`];
  });
  if (pages.length > 0) lines.push(["memory", `pages ${pages.map((page) => hex(page * 4096)).join(" ")}`]);
  for (const [i, text] of other.entries()) lines.push([`beside (${i + 1})`, text]);
  return Object.fromEntries(lines);
}

/** What was noticed at first, before the search. */
export interface Noticed {
  readonly from: number;
  readonly to: number;
  readonly difference: Difference;
}

/** The machines differ, and where. */
export function foundReport(subject: string, noticed: Noticed, { way, places, before, difference, reference }: Finding): MonitorFault {
  const shown = places.slice(0, SHOWN).map((place) => instructionText(place, (linear, into) => reference.readCode(linear, into)));
  const [first, ...more] = shown;
  const message = `${subject} differs from the interpreter behind instruction ${places[0].retired + 1}: ${first}`;
  const list = more.map((text, i): [string, string] => [`then (${i + 2})`, text]);
  const context = {
    noticed: noticedText(noticed),
    searched: way,
    instructions: String(places.length),
    ...Object.fromEntries(list),
    ...parts(difference, before),
  };
  return new MonitorFault("lockstep_difference", message, context);
}

/** The machines differ somewhere in an interval, and it didn't show again in smaller steps. */
export function unfoundReport(subject: string, { from, to, difference }: Noticed): MonitorFault {
  const message = `${subject} differs from the interpreter between instructions ${from} and ${to}; it did not show again in smaller steps`;
  return new MonitorFault("lockstep_difference", message, parts(difference));
}

function noticedText({ from, to, difference: { state, pages, other } }: Noticed): string {
  const what = [...state.map(({ name }) => name), ...pages.map((page) => `page ${hex(page * 4096)}`), ...other];
  return `between instructions ${from} and ${to}: ${what.slice(0, SHOWN).join(", ")}`;
}
