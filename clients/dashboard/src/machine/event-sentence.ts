/** An event of a machine, as a sentence. */
import type { Event, Operation } from "@worldswitch/client";
import { kindNames } from "../operations/operation-words.js";

const resets: Record<string, string> = { request: "as was asked", triple_fault: "after a triple fault" };

export function eventSentence({ type, data }: Event): string {
  const word = (name: string) => (typeof data[name] === "string" ? (data[name] as string) : "");
  switch (type) {
    case "vm.created":
      return "The machine was created";
    case "vm.deleted":
      return "The machine was deleted";
    case "vm.state":
      return `${word("from")} → ${word("state")}${word("reason") && ` (${word("reason").replaceAll("_", " ")})`}`;
    case "vm.reset":
      return `The machine was reset ${resets[word("cause")] ?? "by its guest"}`;
    case "vm.updated":
      return "host" in data ? "A host took the machine" : "Its name or labels were changed";
    case "operation.state":
      return `${kindNames[word("kind") as Operation["kind"]] ?? word("kind")}: ${word("state")}`;
    default:
      return type;
  }
}
