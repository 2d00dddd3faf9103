import type { ComponentChildren } from "preact";
import { Icon } from "./icon.js";

export type Tone = "bad" | "warn" | "good";
const icons = { bad: "warning", warn: "warning", good: "done" } as const;

/** A sentence that stays where it is. What is wrong is read out at once. */
export function Message({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return (
    <div class={`message ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      <Icon name={icons[tone]} />
      <div>{children}</div>
    </div>
  );
}
