/** Words into a command, its operands and its options. */
import { parseArgs } from "node:util";
import { type Command, everywhere, type Operand, type OptionSpecs, type Values } from "./command.js";
import { UsageError } from "./usage-error.js";

/** The command with the most words that `args` begin with. */
export function findCommand(commands: readonly Command[], args: readonly string[]): Command | undefined {
  return commands.find(({ words }) => words.every((word, i) => args[i] === word));
}

interface Parsed {
  /** Options that every command takes. */
  common: Values<typeof everywhere>;
  values: Values<OptionSpecs>;
  operands: string[];
}

/** @throws UsageError */
export function parseCommand({ options }: Command, args: readonly string[]): Parsed {
  const { values, positionals } = parse({ ...everywhere, ...options }, args);
  for (const [name, { choices }] of Object.entries(options)) {
    const given = values[name];
    if (choices && typeof given === "string" && !choices.includes(given)) throw new UsageError(`--${name} is one of ${choices.join(", ")}`);
  }
  return { common: values as Values<typeof everywhere>, values: values as Values<OptionSpecs>, operands: positionals };
}

/** @throws UsageError */
export function checkOperands(operands: readonly Operand[], given: readonly string[]): void {
  const missing = operands.find(({ optional }, i) => !optional && given[i] === undefined);
  if (missing) throw new UsageError(`${missing.name} is missing`);
  if (given.length > operands.length && !operands.at(-1)?.many)
    throw new UsageError(`${JSON.stringify(given[operands.length])} is one word too many`);
  const empty = given.indexOf("");
  if (empty >= 0) throw new UsageError(`${operands[Math.min(empty, operands.length - 1)].name} is empty`);
}

function parse(specs: OptionSpecs, args: readonly string[]): { values: Record<string, unknown>; positionals: string[] } {
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, { type, short, multiple = false }]) => [name, { type, multiple, ...(short ? { short } : {}) }]),
  );
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    // Its second sentence is advice for who writes the program.
    throw new UsageError(error instanceof Error ? error.message.split(". ")[0] : String(error));
  }
}
