import { describe, expect, it } from "vitest";
import { X87_MEMORY, X87_REGISTER } from "../../src/vmm/decode/x87-table.js";
import { definition } from "../../src/vmm/isa/definition.js";
import "../../src/vmm/isa/x87.js";

const hex = (n: number) => n.toString(16).padStart(2, "0");

describe("opcodes D8 to DF", () => {
  it("has an entry for every ModRM", () => {
    expect([X87_MEMORY.length, X87_REGISTER.length]).toEqual([8, 8]);
    expect(new Set(X87_MEMORY.map((row) => row.length))).toEqual(new Set([8]));
    expect(new Set(X87_REGISTER.map((row) => row.length))).toEqual(new Set([64]));
  });

  it("names defined instructions only", () => {
    for (const line of [...X87_MEMORY.flat(), ...X87_REGISTER.flat()]) if (line) expect(definition(line.split(" ")[0]).name).toBeTruthy();
  });

  /** SDM vol. 2, appendix A, tables, without the aliases that processors have beside them. */
  it("leaves exactly these register forms invalid", () => {
    const invalid = X87_REGISTER.flatMap((row, opcode) =>
      row.flatMap((line, modrm) => (line ? [] : [`${hex(0xd8 + opcode)} ${hex(0xc0 + modrm)}`])),
    );
    const range = (opcode: string, from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, i) => `${opcode} ${hex(from + i)}`);
    expect(invalid).toEqual([
      ...range("d9", 0xd1, 0xd7),
      ...["d9 e2", "d9 e3", "d9 e6", "d9 e7", "d9 ef"],
      ...range("da", 0xe0, 0xe8),
      ...range("da", 0xea, 0xff),
      ...range("db", 0xe5, 0xe7),
      ...range("db", 0xf8, 0xff),
      ...range("dd", 0xf0, 0xff),
      "de d8",
      ...range("de", 0xda, 0xdf),
      ...range("df", 0xe1, 0xe7),
      ...range("df", 0xf8, 0xff),
    ]);
  });
});
