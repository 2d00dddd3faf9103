import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { explain } from "../session/explain.js";
import { Dialog } from "./dialog.js";
import { Message } from "./message.js";

interface Props {
  title: string;
  /** What will be lost. */
  children: ComponentChildren;
  action: string;
  onConfirm(): Promise<unknown>;
  onClose(): void;
}

/** Asks before something that cannot be undone. Stays open, with the reason, where it fails. */
export function Confirm(props: Props) {
  const [working, setWorking] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const confirm = async () => {
    setWorking(true);
    try {
      await props.onConfirm();
      props.onClose();
    } catch (error) {
      setFailure(explain(error));
      setWorking(false);
    }
  };
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <div class="form">
        <div class="soft">{props.children}</div>
        {failure && <Message tone="bad">{failure}</Message>}
        <div class="form-actions">
          <button type="button" class="button" onClick={props.onClose}>
            Cancel
          </button>
          <button type="button" class="button danger" disabled={working} onClick={confirm}>
            {props.action}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
