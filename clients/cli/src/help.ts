/** What `--help` says, from the descriptions of the commands. */
import { type Command, everywhere, type Operand, type OptionSpecs } from "./command.js";
import { exitCodesText } from "./exit-codes.js";

export function commandHelp({ words, operands, options, summary, details }: Command): string {
  const line = ["usage: worldswitch", ...words, "[options]", ...operands.map(operandText)].join(" ");
  const own = Object.keys(options).length > 0 ? `${optionTable(options)}\n` : "";
  return `${line}\n\n${sentence(summary)}\n${details === "" ? "" : `${details.trim()}\n`}\n${own}${optionTable(everywhere)}\n${exitCodesText}`;
}

/** Of all commands that begin with the same word, or of all there are. */
export function overview(commands: readonly Command[], group: string | null): string {
  const shown = commands.filter(({ words }) => group === null || words[0] === group);
  const rows = shown.map(({ words, operands, summary }) => [[...words, ...operands.map(operandText)].join(" "), summary] as const);
  return `usage: worldswitch ${group ?? "COMMAND"} ...\n\n${columns(rows)}\nworldswitch COMMAND --help says more.\n${exitCodesText}`;
}

export function operandText({ name, optional, many }: Operand): string {
  const text = many ? `${name}...` : name;
  return optional ? `[${text}]` : text;
}

function optionTable(options: OptionSpecs): string {
  return columns(
    Object.entries(options).map(([name, { short, value, summary, choices, multiple }]) => {
      const what = choices ? choices.join("|") : value;
      const flag = `${short ? `-${short}, ` : ""}--${name}${what ? ` ${what}` : ""}`;
      return [flag, `${summary}${multiple ? "; may be given several times" : ""}`] as const;
    }),
  );
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}\n`).join("");
}

function sentence(text: string): string {
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}
