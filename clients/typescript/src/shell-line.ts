/** Commands as lines that any Bourne shell takes from a terminal, whatever the command is made of and whatever edits the line. */

/** Characters of a command in one line: a terminal takes no more than 4096 in one, and line editors scroll long before. */
const chunkLength = 200;
/** What a command is put together in, and what a newline is taken from. */
const variable = "__ws_command";
const newline = "__ws_newline";

/** A word that a shell prints, and how it is typed: the empty quotes keep the echo of the line from being taken for what it prints. */
export interface Mark {
  typed: string;
  printed: string;
}

export function mark(name: string, nonce: string): Mark {
  return { typed: `ws''-${name}-${nonce}`, printed: `ws-${name}-${nonce}` };
}

/** Lines that leave the command in the variable. */
export function commandLines(command: string): string[] {
  // $(...) takes newlines off the end; the x stands behind this one until it is taken away too.
  const begin = `${variable}=; ${newline}=$(printf '\\nx'); ${newline}=\${${newline}%x}`;
  return [begin, ...chunks(command).map((chunk) => `${variable}=$${variable}${quoted(chunk)}`)];
}

/** Runs it in a shell of its own, so that `exit` and `cd` end with it. What it prints is between the marks; its exit code is behind them. */
export function runLine(begin: Mark, end: Mark): string {
  return `echo ${begin.typed}; (eval "$${variable}"); echo ${end.typed}:$?:`;
}

function chunks(command: string): string[] {
  const characters = Array.from(command);
  const count = Math.ceil(characters.length / chunkLength);
  return Array.from({ length: count }, (_, i) => characters.slice(i * chunkLength, (i + 1) * chunkLength).join(""));
}

function quoted(text: string): string {
  return (text.match(/[ -~]+|\n|[^ -~\n]+/g) ?? []).map(quotedRun).join("");
}

/** A line editor makes something of Tab, Escape, or a letter with an eighth bit: those are made in the guest. */
function quotedRun(run: string): string {
  if (run === "\n") return `"$${newline}"`;
  if (/^[ -~]/.test(run)) return `'${run.replaceAll("'", `'\\''`)}'`;
  const octal = Array.from(new TextEncoder().encode(run), (byte) => `\\${byte.toString(8).padStart(3, "0")}`);
  return `"$(printf '${octal.join("")}')"`;
}
