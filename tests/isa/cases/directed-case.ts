import type { Case } from "../case.js";
import type { Form } from "../forms/form.js";
import { defaultFx } from "../generate/fx.js";
import { CODE, DATA, PAGE, WINDOW } from "../layout.js";

/** Registers by name, code as hex; what is left out is zero. */
export interface DirectedCase {
  readonly name: string;
  readonly code: string;
  readonly registers?: Partial<Record<RegisterName, number>>;
  readonly eflags?: number;
  /** First bytes of the windows. */
  readonly crossing?: readonly number[];
  readonly edge?: readonly number[];
  readonly eip?: number;
  /** EFLAGS bits that are undefined at the end. */
  readonly undefinedFlags?: number;
  /** Why processors may differ here: then the case judges engines by `expect` alone. */
  readonly processorsDiffer?: string;
  /** What must come out, worked out by hand: it judges the host and the engines alike. */
  readonly expect?: Expectation;
}

type RegisterName = "eax" | "ecx" | "edx" | "ebx" | "esp" | "ebp" | "esi" | "edi";
export const registerNames: readonly RegisterName[] = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];

export interface Expectation extends Partial<Record<RegisterName, number>> {
  /** Of the status flags only. */
  readonly flags?: number;
  readonly vector?: number;
  readonly errorCode?: number;
  readonly cr2?: number;
  /** Doublewords of memory. */
  readonly memory?: Readonly<Record<number, number>>;
}

/** Where ESP points unless a case says otherwise. */
export const STACK = DATA + 4 * PAGE + 0x800;

/** The mnemonic is the name's first word: names of cases in which something is unspecified (unspecified.ts) start with it. */
function directedForm(name: string): Form {
  return {
    mnemonic: name.split(" ")[0],
    mandatory: 0,
    opcode: [],
    modrm: undefined,
    operands: [],
    rm: undefined,
    opcodeRegister: false,
    sizes: [0],
    traits: new Set(),
    alsoWrites: [],
    title: name,
  };
}

export function toCase(directed: DirectedCase): Case {
  const code = Uint8Array.from(directed.code.split(" ").map((byte) => Number.parseInt(byte, 16)));
  const gpr = Uint32Array.from(registerNames.map((name) => directed.registers?.[name] ?? (name === "esp" ? STACK : 0)));
  const window = (content: readonly number[] | undefined) => {
    const bytes = new Uint8Array(WINDOW);
    if (content !== undefined) bytes.set(content);
    return bytes;
  };
  return {
    family: "directed",
    name: directed.name,
    instructions: [
      {
        form: directedForm(directed.name),
        bytes: [...code],
        size: 0,
        memory: false,
        undefinedFlags: directed.undefinedFlags ?? 0,
        definedFlags: 0,
      },
    ],
    code,
    eip: directed.eip ?? CODE + 0x200,
    eflags: 0x202 | (directed.eflags ?? 0),
    gpr,
    fx: defaultFx,
    crossing: window(directed.crossing),
    edge: window(directed.edge),
  };
}
