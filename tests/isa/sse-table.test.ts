import { describe, expect, it } from "vitest";
import { SSE, SSE_GROUPS } from "../../src/vmm/decode/sse-table.js";
import { definition } from "../../src/vmm/isa/definition.js";
import "../../src/vmm/isa/sse.js";
import "../../src/vmm/isa/system.js";

const hex = (n: number | string) => Number(n).toString(16).padStart(2, "0");

describe("opcodes 0F xx of MMX, SSE and SSE2", () => {
  it("name defined instructions only", () => {
    const lines = [...Object.values(SSE).flat(), ...Object.values(SSE_GROUPS).flat()].filter(Boolean);
    for (const line of lines) {
      if (line.startsWith("@")) expect(SSE_GROUPS[line.slice(1)]).toHaveLength(8);
      else expect(definition(line.split(" ")[0]).name).toBeTruthy();
    }
  });

  /** SDM vol. 2, tables: with F3 and F2 there are scalars, few others, and none of SSE3 (12, 16, 7C, 7D, D0, E6 but for its SSE2 three, F0). */
  it("have these forms with F3 and F2", () => {
    const withPrefix = (column: number) =>
      Object.entries(SSE)
        .filter(([, row]) => row[column])
        .map(([opcode]) => hex(opcode))
        .join(" ");
    const arithmetic = "51 58 59 5a 5c 5d 5e 5f";
    expect(withPrefix(3)).toBe(`10 11 2a 2c 2d ${arithmetic} 70 c2 d6 e6`);
    expect(withPrefix(2)).toBe("10 11 2a 2c 2d 51 52 53 58 59 5a 5b 5c 5d 5e 5f 6f 70 7e 7f c2 d6 e6");
  });

  it("leave these invalid without a prefix and with 66", () => {
    const invalid = (column: number) =>
      Object.entries(SSE)
        .filter(([, row]) => !row[column])
        .map(([opcode]) => hex(opcode))
        .join(" ");
    expect(invalid(0)).toBe("6c 6d d6 e6");
    expect(invalid(1)).toBe("52 53 77 ae c3");
  });
});
