/** The terminal itself: a chunk of its own, fetched when the first console is looked at. */
import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";

/** A terminal is dark in either scheme: what guests colour, they colour for a dark ground. */
const theme = {
  background: "#0b0e13",
  foreground: "#d9dee7",
  cursor: "#8fb0ff",
  cursorAccent: "#0b0e13",
  selectionBackground: "#33466f",
  black: "#1b2029",
  red: "#ff7a85",
  green: "#6fd39b",
  yellow: "#e8c268",
  blue: "#7fa7ff",
  magenta: "#d392ea",
  cyan: "#64cdd8",
  white: "#d9dee7",
  brightBlack: "#6d7787",
  brightRed: "#ff9aa3",
  brightGreen: "#95e6b8",
  brightYellow: "#f6d88f",
  brightBlue: "#a8c3ff",
  brightMagenta: "#e5b4f5",
  brightCyan: "#93e4ec",
  brightWhite: "#ffffff",
};

const SCROLLBACK_LINES = 10_000;

/**
 * DECSET 45, reverse wraparound: a backspace at the left edge goes on at the end of the line above. A guest at the end of a serial line does not know how
 * wide this terminal is; its shell takes a long line back over the edge, and finds its place again.
 */
const REVERSE_WRAPAROUND = "\x1b[?45h";

export interface Screen {
  write(bytes: Uint8Array | string): void;
  /** A line of this page's own, told from the guest's. */
  remark(text: string): void;
  setReadOnly(readOnly: boolean): void;
  focus(): void;
  dispose(): void;
}

/** @param onLeave the key that gives the focus back to the page, since Tab is the guest's */
export function openScreen(host: HTMLElement, onKeys: (keys: string | Uint8Array) => void, onLeave: () => void): Screen {
  const terminal = new Terminal({
    theme,
    fontFamily: getComputedStyle(host).getPropertyValue("--mono"),
    fontSize: host.clientWidth < 500 ? 12 : 13,
    lineHeight: 1.2,
    scrollback: SCROLLBACK_LINES,
    cursorBlink: true,
    // A serial line: what ends a line is the guest's business.
    convertEol: false,
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(host);
  terminal.write(REVERSE_WRAPAROUND);
  terminal.textarea?.setAttribute("aria-label", "The machine's console: what is typed here goes to the machine. Shift and F6 leave it.");
  fit.fit();
  terminal.attachCustomKeyEventHandler((event) => {
    if (event.key !== "F6" || !event.shiftKey) return true;
    if (event.type === "keydown") onLeave();
    return false;
  });
  terminal.onData(onKeys);
  // Reports of old mouse modes are bytes, and no text.
  terminal.onBinary((keys) => onKeys(Uint8Array.from(keys, (character) => character.charCodeAt(0))));
  const resizing = new ResizeObserver(() => fit.fit());
  resizing.observe(host);
  return {
    write: (bytes) => terminal.write(bytes),
    remark: (text) => terminal.write(`\x1b[0m\r\n\x1b[2;3m[${text}]\x1b[0m\r\n`),
    setReadOnly(readOnly) {
      terminal.options.disableStdin = readOnly;
      terminal.options.cursorBlink = !readOnly;
    },
    focus: () => terminal.focus(),
    dispose() {
      resizing.disconnect();
      terminal.dispose();
    },
  };
}
