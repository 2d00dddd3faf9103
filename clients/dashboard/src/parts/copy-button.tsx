import { useState } from "preact/hooks";
import { Icon } from "./icon.js";

/** Puts a text on the clipboard, and says that it did. */
export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  // Pages over plain HTTP, other than from this machine, may not write to the clipboard.
  if (!navigator.clipboard) return null;
  return (
    <button type="button" class="button" onClick={copy}>
      <Icon name={copied ? "done" : "copy"} size={16} />
      <span aria-live="polite">{copied ? "Copied" : label}</span>
    </button>
  );
}
