import { Icon } from "../parts/icon.js";
import { explain } from "../session/explain.js";
import type { ConsoleState } from "./console-state.js";

interface Props {
  state: ConsoleState;
  /** The token may type at all. */
  mayWrite: boolean;
  onTakeOver(): void;
}

/** Above a console: whether it is connected, who types, and how many watch. */
export function ConsoleBar({ state, mayWrite, onTakeOver }: Props) {
  const { phase, role, viewers } = state;
  return (
    <div class="console-bar">
      <span class={`console-status ${phase}`} role="status">
        {sentence(state, mayWrite)}
      </span>
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
    </div>
  );
}

function sentence({ phase, role, writer, failure }: ConsoleState, mayWrite: boolean): string {
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
      if (!mayWrite) return "You watch: your token may not type";
      return writer ? "Somebody else types; you watch" : "Nobody types";
  }
}
