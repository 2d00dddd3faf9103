import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type Contract, clientTypes, contractTypesFile } from "../../scripts/client-types/client-types.js";
import { TypeWriter } from "../../scripts/client-types/schema.js";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

it("the client's types are what api/openapi.json says; `npx tsx scripts/openapi.ts` writes them", () => {
  const contract = JSON.parse(read("api/openapi.json")) as Contract;
  // Not compared by toBe: hundreds of lines of difference say less than the first.
  const [written, expected] = [read(contractTypesFile), clientTypes(contract)].map((text) => text.split("\n"));
  expect(written.find((line, i) => line !== expected[i])).toBeUndefined();
  expect(written).toHaveLength(expected.length);
});

it("writes each kind of schema that the contract uses", () => {
  const point = { type: ["object", "null"], properties: { x: { type: "integer" } }, required: ["x"] };
  const writer = new TypeWriter({ Point: point });
  const types = {
    "string | null": { type: ["string", "null"] },
    '"a" | "b"': { type: "string", enum: ["a", "b"] },
    "Record<string, number>": { type: "object", additionalProperties: { type: "number" } },
    "(string | null)[]": { type: "array", items: { type: ["string", "null"] } },
    "Point | null": { $ref: "#/components/schemas/Point" },
    "string | string[]": { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
    unknown: {},
  };
  for (const [type, schema] of Object.entries(types)) expect(writer.type(schema)).toBe(type);
  expect(writer.declaration("Point")).toBe("export interface Point {\n  x: number;\n}\n");
  expect(() => writer.type({ $ref: "#/components/schemas/None" })).toThrow("nothing is at");
});
