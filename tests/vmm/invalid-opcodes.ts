/**
 * Opcodes that are #UD in a processor of this class (SDM vol. 2, tables: empty there, or of an extension that CPUID does not
 * announce here), as docs/instructions.md labels them: what comes first, then the bytes or ModRM.reg values that may follow.
 */
const table = `
  8F: /1-/7
  C6: /1-/7
  C7: /1-/7
  FE: /2-/7
  FF: /7
  D9: /1 D1-D7 E2 E3 E6 E7 EF
  DA: E0-E8 EA-FF
  DB: /1 /4 /6 E5-E7 F8-FF
  DD: /1 /5 F0-FF
  DE: D8 DA-DF
  DF: /1 E1-E7 F8-FF
  0F: 04 05 07 0A 0B 0C 0E 0F 24-27 36-3F 6C 6D 78-7D A6 A7 AA B8 B9 D0 D6 E6 F0 FF
  0F 00: /6 /7
  0F 01: /5
  0F 71: /0 /1 /3 /5 /7
  0F 72: /0 /1 /3 /5 /7
  0F 73: /0 /1 /3-/5 /7
  0F AE: /4
  0F BA: /0-/3
  0F C7: /0 /2-/7
  66 0F: 52 53 77 AE C3
  66 0F 71: /0 /1 /3 /5 /7
  66 0F 72: /0 /1 /3 /5 /7
  66 0F 73: /0 /1 /4 /5
  F3 0F: 12-17 28 29 2B 2E 2F 50 54-57 60-6E 71-77 AE C3-C6 D1-D5 D7-E5 E7-EF F1-FE
  F2 0F: 12-17 28 29 2B 2E 2F 50 52-57 5B 60-6F 71-77 7E 7F AE C3-C6 D1-D5 D7-E5 E7-EF F1-FE
`;

const hex = (n: number) => n.toString(16).toUpperCase().padStart(2, "0");

function expanded(item: string): string[] {
  const [first, last = first] = item.split("-");
  const digits = first.replace("/", "");
  const name = (n: number) => (first.startsWith("/") ? `/${n}` : hex(n));
  const from = Number.parseInt(digits, 16);
  const to = Number.parseInt(last.replace("/", ""), 16);
  return Array.from({ length: to - from + 1 }, (_, i) => name(from + i));
}

export interface InvalidOpcode {
  readonly label: string;
  /** With a register and with memory, where ModRM follows or would. */
  readonly encodings: readonly (readonly number[])[];
}

/** ModRM: [ebx], and EBX. */
const OPERANDS = [0x03, 0xc3];

function encodingsOf(label: string): number[][] {
  const words = label.split(" ");
  const last = words[words.length - 1];
  const bytes = words.filter((word) => !word.startsWith("/")).map((word) => Number.parseInt(word, 16));
  if (last.startsWith("/")) {
    const isX87 = bytes[0] >= 0xd8 && bytes[0] <= 0xdf;
    return (isX87 ? [0x03] : OPERANDS).map((modrm) => [...bytes, modrm | (Number(last[1]) << 3)]);
  }
  return bytes[0] >= 0xd8 && bytes[0] <= 0xdf ? [bytes] : OPERANDS.map((modrm) => [...bytes, modrm]);
}

export const invalidOpcodes: readonly InvalidOpcode[] = table
  .trim()
  .split("\n")
  .flatMap((line) => {
    const [opcode, items] = line.trim().split(": ");
    return items
      .split(" ")
      .flatMap(expanded)
      .map((item) => `${opcode} ${item}`);
  })
  .map((label) => ({ label, encodings: encodingsOf(label) }));
