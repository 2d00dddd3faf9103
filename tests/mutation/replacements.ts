/** What each kind of thing in a definition is replaced by. */
import { Mem, Op, Sat, Simd, SimdLane, SimdMem } from "../../src/vmm/wasm/opcodes.js";
import type { Kind } from "./mutation.js";

export const BINARY: Readonly<Record<string, string>> = {
  "+": "-",
  "-": "+",
  "*": "+",
  "/": "*",
  "&": "|",
  "|": "&",
  "^": "|",
  "<<": ">>>",
  ">>": ">>>",
  ">>>": ">>",
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "===": "!==",
  "!==": "===",
  "&&": "||",
  "||": "&&",
};

export const ASSIGNMENT: Readonly<Record<string, string>> = {
  "+=": "-=",
  "-=": "+=",
  "|=": "&=",
  "&=": "|=",
  "^=": "|=",
  "<<=": ">>>=",
  ">>=": ">>>=",
  ">>>=": ">>=",
};

const pairs = (kind: Kind, text: string): [string, { kind: Kind; name: string }][] =>
  text
    .trim()
    .split(/\s+/)
    .flatMap((pair) => {
      const [a, b] = pair.split(":");
      return [
        [a, { kind, name: b }],
        [b, { kind, name: a }],
      ];
    });

/** Methods of the stage, and of what definitions build on it. */
export const METHODS: ReadonlyMap<string, { kind: Kind; name: string }> = new Map([
  ...pairs(
    "operator",
    "add:sub and:or eq:ne shl:shrU rotl:rotr clz:ctz addWide:subWide andWide:orWide shlWide:shrUWide low:high both:either",
  ),
  ...pairs("sign", "divU:divS remU:remS ltU:ltS gtU:gtS trunc:sext wideU:wideS divUWide:divSWide"),
  ["xor", { kind: "operator", name: "or" }],
  ["xorWide", { kind: "operator", name: "orWide" }],
  ["shrS", { kind: "sign", name: "shrU" }],
  ["shrSWide", { kind: "sign", name: "shrUWide" }],
]);

/** What is called by these names; other objects have an `add` of their own. */
export const STAGES: ReadonlySet<string> = new Set(["x", "e", "f", "this"]);

/** Words that say how memory is accessed and which flags come out. */
export const WORDS: ReadonlyMap<string, { kind: Kind; name: string }> = new Map([
  ["add", { kind: "flag rule", name: "sub" }],
  ["sub", { kind: "flag rule", name: "add" }],
  ["logic", { kind: "flag rule", name: "sub" }],
  ["read", { kind: "access", name: "write" }],
  ["write", { kind: "access", name: "read" }],
  ["modify", { kind: "access", name: "read" }],
]);

/** Names that stand for a number: each becomes the next one of its group that the file knows. */
export const GROUPS: readonly (readonly string[])[] = [
  ["CF", "PF", "AF", "ZF", "SF", "OF"],
  ["TF", "IF", "DF", "NT", "RF", "VM", "AC", "VIF", "VIP"],
  ["EAX", "ECX", "EDX", "EBX"],
  ["ESP", "EBP", "ESI", "EDI"],
  ["ES", "CS", "SS", "DS", "FS", "GS"],
  ["IE", "DE", "ZE", "OE", "UE", "PE"],
  ["C0", "C1", "C2", "C3"],
];

/** Exceptions, in `Vector.`. */
const VECTORS = ["UD", "GP", "NP", "SS", "TS", "PF", "NM", "DE", "DB", "BP", "OF", "BR", "MF", "XM", "AC", "DF"];

/** Objects of names for numbers: operations of WebAssembly, of which one is replaced by its like, and exceptions. */
const NAMED: ReadonlyMap<string, object> = new Map(Object.entries({ Op, Mem, Sat, Simd, SimdLane, SimdMem }));

const LIKE: readonly (readonly [kind: Kind, pattern: RegExp, replacement: string])[] = [
  ["sign", /_s\b/, "_u"],
  ["sign", /_u\b/, "_s"],
  ["sign", /_s_zero\b/, "_u_zero"],
  ["operator", /_add\b/, "_sub"],
  ["operator", /_sub\b/, "_add"],
  ["operator", /_add_sat/, "_sub_sat"],
  ["operator", /_sub_sat/, "_add_sat"],
  ["operator", /_and\b/, "_or"],
  ["operator", /_or\b/, "_xor"],
  ["operator", /_xor\b/, "_or"],
  ["operator", /_andnot\b/, "_and"],
  ["operator", /min/, "max"],
  ["operator", /max/, "min"],
  ["operator", /_eq\b/, "_ne"],
  ["operator", /_ne\b/, "_eq"],
  ["operator", /_lt/, "_le"],
  ["operator", /_ge/, "_gt"],
  ["operator", /_gt/, "_lt"],
  ["operator", /_shl\b/, "_shr_u"],
  ["operator", /_low/, "_high"],
  ["operator", /_high/, "_low"],
  ["width", /i8x16/, "i16x8"],
  ["width", /i16x8/, "i32x4"],
  ["width", /i32x4/, "i16x8"],
  ["width", /i64x2/, "i32x4"],
  ["width", /f32x4/, "f64x2"],
  ["width", /f64x2/, "f32x4"],
  ["width", /32/, "16"],
  ["width", /16/, "8"],
];

/** Replacements for `object.name`. */
export function namedLike(object: string, name: string): readonly { kind: Kind; name: string }[] {
  if (object === "Vector") return [{ kind: "constant", name: VECTORS[(VECTORS.indexOf(name) + 1) % VECTORS.length] }];
  const names = NAMED.get(object);
  if (names === undefined) return [];
  return LIKE.filter(([, pattern]) => pattern.test(name))
    .map(([kind, pattern, replacement]) => ({ kind, name: name.replace(pattern, replacement) }))
    .filter((other) => other.name in names);
}

/** Sizes in bytes become the next one; any number one more and one less. */
const SIZES: Readonly<Record<string, string>> = { "1": "2", "2": "4", "4": "8", "8": "4", "16": "8" };

/** Replacements for a number as it is written. */
export function numbersNear(raw: string): readonly { kind: Kind; name: string }[] {
  const isBig = raw.endsWith("n");
  const digits = raw.replace(/[_n]/g, "");
  const value = BigInt(digits);
  const isHex = /^0x/i.test(digits);
  const written = (n: bigint) => `${isHex ? `0x${n.toString(16)}` : n}${isBig ? "n" : ""}`;
  const size = SIZES[raw];
  const near: { kind: Kind; name: string }[] = size === undefined ? [] : [{ kind: "width", name: size }];
  for (const name of [written(value + 1n), ...(value > 0n ? [written(value - 1n)] : [])]) {
    if (name !== size) near.push({ kind: "constant", name });
  }
  return near;
}
