import { devices } from "./known/devices.js";
import { exceptions } from "./known/exceptions.js";
import type { KnownDifference } from "./known/known-difference.js";
import { paging } from "./known/paging.js";
import { segmentation } from "./known/segmentation.js";

const chapters: readonly (readonly [string, readonly KnownDifference[]])[] = [
  ["Segmentation and far transfers", segmentation],
  ["Interrupts, exceptions, tasks and debugging", exceptions],
  ["Paging and control registers", paging],
  ["Ports, MSRs and x87", devices],
];

const cell = (text: string): string => text.replaceAll("|", "\\|");

/** docs/qemu-differences.md, from the tables that the comparison itself goes by. */
export function differencesDocument(): string {
  const lines = [
    "# Where QEMU and this processor differ",
    "",
    "Made by `npm run test:qemu -- --document` from the tables in `tests/qemu/known`, by which the comparison sorts what it finds; a test holds the",
    "two together. QEMU is a second opinion, not a judge: the last columns are the word of Intel's manual (SDM) on each point. Where that leaves a",
    "choice, it is said what we do. QEMU is Debian's 7.2 with its own translator (TCG).",
  ];
  for (const [title, entries] of chapters) {
    lines.push("", `## ${title}`, "", "| point | QEMU | manual | SDM |", "|---|---|---|---|");
    for (const entry of entries) lines.push(`| ${[entry.title, entry.what, entry.manual, entry.section].map(cell).join(" | ")} |`);
  }
  return `${lines.join("\n")}\n`;
}
