/** One description per command is the source of how it is parsed, what its help says and what a shell completes. */
import type { Worldswitch } from "@worldswitch/client";
import type { Io } from "./io.js";

/** What a word stands for, so that shells know what to offer. */
export type Kind = "vm" | "image" | "operation" | "token" | "project" | "file" | "shell" | "text";

export interface Operand {
  /** As the usage shows it. */
  name: string;
  kind: Kind;
  optional?: boolean;
  /** This and all that follow. */
  many?: boolean;
}

export interface OptionSpec {
  type: "string" | "boolean";
  short?: string;
  multiple?: boolean;
  /** What the value is called in the help. */
  value?: string;
  summary: string;
  kind?: Kind;
  choices?: readonly string[];
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type Value<O extends OptionSpec> = O extends { type: "boolean" } ? boolean : O extends { multiple: true } ? string[] : string;
export type Values<O extends OptionSpecs> = { [K in keyof O]?: Value<O[K]> };

/** Options that every command takes. */
export const everywhere = {
  json: { type: "boolean", summary: "print JSON: one document, or one a line where things go on" },
  url: { type: "string", value: "URL", summary: "the server; default: WORLDSWITCH_URL, the profile's, http://127.0.0.1:8080" },
  project: { type: "string", value: "PROJECT", summary: "the project to work in, for administrators of the installation", kind: "project" },
  profile: { type: "string", value: "NAME", summary: "a profile of the configuration file" },
  help: { type: "boolean", short: "h", summary: "say all this" },
} as const satisfies OptionSpecs;

export interface Invocation<O extends OptionSpecs> {
  operands: string[];
  values: Values<O>;
  json: boolean;
  /** Made from the configuration when it is first asked for. */
  client(): Promise<Worldswitch>;
  io: Io;
  /** Aborted by Ctrl-C, and when nobody reads the output any more. */
  signal: AbortSignal;
}

export interface CommandSpec<O extends OptionSpecs> {
  /** As they are typed. */
  words: readonly string[];
  summary: string;
  operands?: readonly Operand[];
  options?: O;
  /** What else there is to know. */
  details?: string;
  /** Answers the exit code; nothing is 0. */
  run(invocation: Invocation<O>): Promise<number | undefined>;
}

export interface Command {
  words: readonly string[];
  summary: string;
  operands: readonly Operand[];
  options: OptionSpecs;
  details: string;
  run(invocation: Invocation<OptionSpecs>): Promise<number | undefined>;
}

/** Keeps what `run` knows of its options. */
export function command<const O extends OptionSpecs = Record<never, never>>(spec: CommandSpec<O>): Command {
  const { operands = [], options = {}, details = "", words, summary } = spec;
  return { words, summary, operands, options, details, run: (invocation) => spec.run(invocation as unknown as Invocation<O>) };
}
