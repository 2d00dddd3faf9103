/** What a decoder says of a byte string, in words that both decoders can be put into. */
export interface Description {
  /** False: the encoding is invalid (#UD), or longer than 15 bytes (#GP). The other fields then mean nothing. */
  readonly valid: boolean;
  readonly length: number;
  /** The mnemonic. Where one definition here is several of the manual's instructions, which differ in nothing that decoding shows: all of them. */
  readonly mnemonics: readonly string[];
  /** Operands that the encoding names, in the manual's order, then what it says of implied memory; as operand.ts writes them. */
  readonly operands: readonly string[];
  /** Of a string instruction. */
  readonly repeat: "" | "rep" | "repne";
}

export const INVALID: Description = { valid: false, length: 0, mnemonics: [], operands: [], repeat: "" };

export function show({ valid, length, mnemonics, operands, repeat }: Description): string {
  if (!valid) return "invalid";
  return `${length} bytes, ${[repeat, mnemonics.join("|"), operands.join(", ")].filter((part) => part !== "").join(" ")}`;
}
