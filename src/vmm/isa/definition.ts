import type { Operand, Stage } from "./stage.js";

/** The meaning of an instruction: emits code for one operand size and one kind of operands. */
export type Body = (x: Stage, size: number, ...operands: Operand[]) => void;

export interface Definition {
  readonly name: string;
  readonly body: Body;
  /** Touches the stack or a string operand besides ModRM memory, or transfers control: has forms for flat and for general segments. */
  readonly implicit: boolean;
  /** Control never falls through to the next instruction: predecoding stops here. */
  readonly ends: boolean;
}

const definitions = new Map<string, Definition>();

/** Defines an instruction; the decoder's tables refer to it by name. */
export function define(name: string, body: Body, options: { implicit?: boolean; ends?: boolean } = {}): void {
  if (definitions.has(name)) throw new Error(`instruction ${name} is defined twice`);
  definitions.set(name, { name, body, implicit: options.implicit ?? false, ends: options.ends ?? false });
}

/**
 * Declares instructions that are wholly done in TypeScript (rarer than one in 500, or long): each is the callout of the same name.
 * `ends`: may change EIP, mode or mappings, so predecoding stops here.
 */
export function defineCallouts(names: readonly string[], options: { ends?: boolean } = {}): void {
  for (const name of names) define(name, (x) => x.callout(name), options);
}

export function definition(name: string): Definition {
  const found = definitions.get(name);
  if (!found) throw new Error(`the decoder names an instruction that is not defined: ${name}`);
  return found;
}
