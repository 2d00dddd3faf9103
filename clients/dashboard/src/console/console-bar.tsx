import { Icon } from "../parts/icon.js";
import { explain } from "../session/explain.js";
import type { ConsoleState } from "./console-state.js";

interface Props {
  state: ConsoleState;
  onTakeOver(): void;
  /** After it could not be opened. */
  onOpenAgain(): void;
}

/** Above a console: whether it is connected, who types, and how many watch. */
export function ConsoleBar({ state, onTakeOver, onOpenAgain }: Props) {
  const { phase, role, mayWrite, viewers } = state;
  return (
    <div class="console-bar">
      <span class={`console-status ${phase}`} role="status">
        {sentence(state)}
      </span>
      {role === "writer" && (
        <span class="console-leave">
          <kbd>Shift</kbd> <kbd>F6</kbd> leaves the console
        </span>
      )}
      {phase === "open" && (
        <span class="console-viewers" title={viewers === 1 ? "Nobody else watches" : `${viewers} connections watch this console`}>
          <Icon name="people" size={16} />
          <span class="figure">{viewers}</span>
          <span class="unseen">{viewers === 1 ? "connection" : "connections"}</span>
        </span>
      )}
      {phase === "open" && role === "viewer" && mayWrite && (
        <button type="button" class="button small" onClick={onTakeOver}>
          <Icon name="keyboard" size={16} />
          Take over
        </button>
      )}
      {phase === "failed" && (
        <button type="button" class="button small" onClick={onOpenAgain}>
          Try again
        </button>
      )}
    </div>
  );
}

function sentence({ phase, role, mayWrite, writer, failure }: ConsoleState): string {
  switch (phase) {
    case "opening":
      return "Opening the console";
    case "lost":
      return "Connection lost, trying again. What comes meanwhile is shown then";
    case "over":
      return "The machine is deleted; this is what it said last";
    case "failed":
      return explain(failure);
    case "open":
      if (role === "writer") return "You type here";
      if (!mayWrite) return "You watch: you may not type here";
      return writer ? "Somebody else types; you watch" : "Nobody types";
  }
}
