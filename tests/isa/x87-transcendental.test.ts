import { describe, expect, it } from "vitest";
import { X87Guest } from "./x87-guest.js";

/** By name: bytes, and whether ST(1) takes part. */
const instructions: Readonly<Record<string, readonly number[]>> = {
  fsin: [0xd9, 0xfe],
  fcos: [0xd9, 0xff],
  fptan: [0xd9, 0xf2],
  fsincos: [0xd9, 0xfb],
  f2xm1: [0xd9, 0xf0],
  fyl2x: [0xd9, 0xf1],
  fyl2xp1: [0xd9, 0xf9],
  fpatan: [0xd9, 0xf3],
};

/**
 * Instruction, ST(0), ST(1), correctly rounded result. Computed with 400 bits by other means; sine, cosine and tangent with arguments
 * reduced by the pi of 66 bits.
 */
const references = `
  fsin 3fff:8000000000000000 - 3ffe:d76aa47848677021
  fsin bffe:c000000000000000 - bffe:ae7fe0b5fc786b2e
  fsin 4000:c90fdaa22168c235 - bfbf:8000000000000000
  fsin 3fff:c90fdaa22168c235 - 3fff:8000000000000000
  fsin 4009:f424000000000001 - bffe:cf94ebc0db5088f3
  fsin 403d:ffffffffffffffff - 3ffe:e0ab9300da6d2684
  fsin 3fdf:8000000000000001 - 3fdf:8000000000000001
  fsin 3fa0:8000000000000000 - 3fa0:8000000000000000
  fsin c01c:9a3b5c7d1e2f4a5b - bffe:eb428e8181fbdc78
  fcos 3fff:8000000000000000 - 3ffe:8a51407da8345c92
  fcos bffe:c000000000000000 - 3ffe:bb4ff632a908f73f
  fcos 4000:c90fdaa22168c235 - bfff:8000000000000000
  fcos 3fff:c90fdaa22168c235 - bfbe:8000000000000000
  fcos 4009:f424000000000001 - 3ffe:95d1beeffbadf306
  fcos 403d:ffffffffffffffff - 3ffd:f56ec1e0a37c4176
  fcos 3fdf:8000000000000001 - 3ffe:ffffffffffffffff
  fcos 3fa0:8000000000000000 - 3fff:8000000000000000
  fcos c01c:9a3b5c7d1e2f4a5b - 3ffd:c9e0e97e4bcc4a62
  fptan 3fff:8000000000000000 - 3fff:c75922e5f71d2dc5
  fptan bffe:c000000000000000 - bffe:ee7d1b0887775f06
  fptan 4000:c90fdaa22168c235 - 3fbf:8000000000000000
  fptan 3fff:c90fdaa22168c235 - c040:8000000000000000
  fptan 4009:f424000000000001 - bfff:b1599b65084bb7ac
  fptan 403d:ffffffffffffffff - 3fff:ea57f75b8bfebb70
  fptan 3fdf:8000000000000001 - 3fdf:8000000000000001
  fptan 3fa0:8000000000000000 - 3fa0:8000000000000000
  fptan c01c:9a3b5c7d1e2f4a5b - c000:952a51bb6428d9e8
  f2xm1 3ffe:8000000000000000 - 3ffd:d413cccfe7799211
  f2xm1 bffe:ffffffffffffffff - bffd:ffffffffffffffff
  f2xm1 3ffd:aaaaaaaaaaaaaaab - 3ffd:85145f31ae515c45
  f2xm1 3fbf:8000000000000000 - 3fbe:b17217f7d1cf79ac
  f2xm1 bf9f:c000000000000001 - bf9f:851591f9dd5b9b42
  f2xm1 3fc8:ffffffffffffffff - 3fc8:b17217f7d1cf7aa1
  fyl2x 4000:c000000000000000 3fff:8000000000000000 3fff:cae00d1cfdeb43d0
  fyl2x 3fff:8000000000000001 4005:c800000000000000 3fc7:9044fe384ff2b412
  fyl2x 3ffe:ffffffffffffffff bfff:9b97f7387e9a9b00 3fbf:e079611fdf99f23a
  fyl2x 7ffe:ffffffffffffffff 3fff:b17217f7d1cf79ac 400d:b17217f7d1cf79ac
  fyl2x 0001:8000000000000003 4000:8000000000000000 c00d:fff8000000000000
  fyl2x 3fff:b504f333f9de6484 3fff:8000000000000000 3ffd:ffffffffffffffff
  fyl2x 3fff:b504f333f9de6485 3fff:8000000000000000 3ffe:8000000000000001
  fyl2xp1 3ffd:8000000000000000 3fff:8000000000000000 3ffd:a4d3c25e68dc57f2
  fyl2xp1 bffc:d413cccfe7799211 3fff:8000000000000000 bffd:ab6b1a6ca67b744c
  fyl2xp1 3fa0:8000000000000001 3fff:b17217f7d1cf79ac 3fa1:8000000000000001
  fyl2xp1 bf80:ffffffffffffffff 4000:c000000000000000 bf83:8a7fac5f0511f48c
  fpatan 3fff:8000000000000000 3fff:8000000000000000 3ffe:c90fdaa22168c235
  fpatan bfff:8000000000000000 3fff:8000000000000000 4000:96cbe3f9990e91a8
  fpatan 4000:c000000000000000 bffe:8000000000000000 bffc:a91cbc21e4d6eb5e
  fpatan bfff:8000000000000001 bfb0:8000000000000000 c000:c90fdaa22168c235
  fpatan 3fb0:8000000000000000 3fff:8000000000000000 3fff:c90fdaa22168c235
  fpatan 4005:fedcba9876543210 3ffb:8123456789abcdef 3ff4:81b6dabc192746cf
  fpatan bfc0:8000000000000000 c000:8000000000000000 bfff:c90fdaa22168c235
`;

const order = (text: string) => {
  const [se, sig] = text.split(":");
  const magnitude = (BigInt(Number.parseInt(se, 16) & 0x7fff) << 63n) | (BigInt(`0x${sig}`) & 0x7fff_ffff_ffff_ffffn);
  return Number.parseInt(se, 16) & 0x8000 ? -magnitude : magnitude;
};

const guest = new X87Guest();
function run(name: string, registers: readonly string[], control = 0x37f) {
  guest.load(control, registers);
  expect(guest.exec(...instructions[name])).toBeUndefined();
}

describe("within one unit in the last place", () => {
  it.each(references.trim().split("\n"))("%s", (line) => {
    const [name, st0, st1, expected] = line.trim().split(" ");
    run(name, st1 === "-" ? [st0] : [st0, st1]);
    // FPTAN has pushed 1.
    const distance = order(guest.st(name === "fptan" ? 1 : 0)) - order(expected);
    expect(distance < 0n ? -distance : distance).toBeLessThanOrEqual(1n);
    expect(guest.status & 0x3f).toBe(0x20);
  });
});

const ZERO = "0000:0000000000000000";
const MINUS_ZERO = "8000:0000000000000000";
const ONE = "3fff:8000000000000000";
const MINUS_ONE = "bfff:8000000000000000";
const INFINITY = "7fff:8000000000000000";
const MINUS_INFINITY = "ffff:8000000000000000";
const INDEFINITE = "ffff:c000000000000000";

/** SDM vol. 2, the tables of each instruction. Flags: 1 IE, 4 ZE, 20 PE. */
describe("special operands", () => {
  it.each([
    ["fsin", MINUS_ZERO, "-", MINUS_ZERO, 0],
    ["fcos", MINUS_ZERO, "-", ONE, 0],
    ["fsin", INFINITY, "-", INDEFINITE, 1],
    ["f2xm1", MINUS_INFINITY, "-", MINUS_ONE, 0],
    ["f2xm1", MINUS_ZERO, "-", MINUS_ZERO, 0],
    ["fyl2x", ZERO, ONE, MINUS_INFINITY, 4],
    ["fyl2x", ZERO, ZERO, INDEFINITE, 1],
    ["fyl2x", MINUS_ONE, ONE, INDEFINITE, 1],
    ["fyl2x", ONE, INFINITY, INDEFINITE, 1],
    ["fyl2x", ONE, MINUS_ONE, MINUS_ZERO, 0],
    ["fyl2x", INFINITY, MINUS_ONE, MINUS_INFINITY, 0],
    ["fyl2x", "4002:8000000000000000", ONE, "4000:c000000000000000", 0x20],
    ["fyl2xp1", MINUS_ZERO, ONE, MINUS_ZERO, 0],
    ["fpatan", MINUS_ONE, ZERO, "4000:c90fdaa22168c235", 0x20],
    ["fpatan", ONE, MINUS_ZERO, MINUS_ZERO, 0],
    ["fpatan", INFINITY, MINUS_INFINITY, "bffe:c90fdaa22168c235", 0x20],
    ["fpatan", MINUS_INFINITY, INFINITY, "4000:96cbe3f9990e91a8", 0x20],
    ["fpatan", MINUS_INFINITY, ONE, "4000:c90fdaa22168c235", 0x20],
  ])("%s of %s %s is %s", (name, st0, st1, expected, flags) => {
    run(name, st1 === "-" ? [st0] : [st0, st1]);
    expect([guest.st(0), guest.status & 0x3f]).toEqual([expected, flags]);
  });
});

describe("arguments of 2^63 and more", () => {
  it.each(["fsin", "fcos", "fptan", "fsincos"])("%s sets C2 and does nothing", (name) => {
    run(name, ["403e:8000000000000000"]);
    expect([guest.st(0), guest.st(1), guest.status]).toEqual(["403e:8000000000000000", "empty", 0x400]);
  });
});

describe("two results", () => {
  it("FSINCOS: the cosine on top of the sine", () => {
    run("fsincos", [ZERO]);
    expect([guest.st(0), guest.st(1)]).toEqual([ONE, ZERO]);
  });
  it("FPTAN: 1 on top of the tangent", () => {
    run("fptan", [MINUS_ZERO]);
    expect([guest.st(0), guest.st(1)]).toEqual([ONE, MINUS_ZERO]);
  });
});

describe("rounding control", () => {
  it.each([
    ["nearest", 0x37f, "4000:c90fdaa22168c235"],
    ["down", 0x77f, "4000:c90fdaa22168c234"],
    ["up", 0xb7f, "4000:c90fdaa22168c235"],
    ["to zero", 0xf7f, "4000:c90fdaa22168c234"],
  ])("pi from FPATAN, %s", (_, control, expected) => {
    run("fpatan", [MINUS_ONE, ZERO], control);
    expect(guest.st(0)).toBe(expected);
  });
});

/** Largest number times 16 (SDM vol. 1, table 4-10). Flags: 8 OE, 20 PE. */
describe("overflow of FYL2X", () => {
  const LARGEST = "7ffe:ffffffffffffffff";
  const MINUS_LARGEST = "fffe:ffffffffffffffff";
  it.each([
    ["nearest", 0x37f, INFINITY, MINUS_INFINITY],
    ["down", 0x77f, LARGEST, MINUS_INFINITY],
    ["up", 0xb7f, INFINITY, MINUS_LARGEST],
    ["to zero", 0xf7f, LARGEST, MINUS_LARGEST],
  ])("%s", (_, control, positive, negative) => {
    for (const [st1, expected] of [
      [LARGEST, positive],
      [MINUS_LARGEST, negative],
    ]) {
      run("fyl2x", ["400f:8000000000000000", st1], control);
      expect([guest.st(0), guest.status & 0x3f]).toEqual([expected, 0x28]);
    }
  });
});
