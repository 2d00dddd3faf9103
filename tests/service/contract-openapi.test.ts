import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { endpoints } from "../../src/contract/endpoints/all.js";
import { openApiDocument, problemsOf } from "../../src/contract/openapi.js";
import { problemCodes } from "../../src/contract/problems.js";

const root = new URL("../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");

it("api/openapi.json is what the schemas say; `npx tsx scripts/openapi.ts` writes it", () => {
  const { version } = JSON.parse(read("package.json")) as { version: string };
  expect(JSON.parse(read("api/openapi.json"))).toEqual(JSON.parse(JSON.stringify(openApiDocument(version))));
});

it("describes each route once, with a name of its own", () => {
  expect(new Set(endpoints.map(({ id }) => id)).size).toBe(endpoints.length);
  expect(new Set(endpoints.map(({ method, path }) => `${method} ${path}`)).size).toBe(endpoints.length);
});

it("gives every problem code to some route, but those of requests that reach none", () => {
  const given = new Set(endpoints.flatMap(problemsOf));
  const routeless = ["route_not_found", "method_not_allowed", "headers_too_large"];
  expect(problemCodes.filter((code) => !given.has(code) && !routeless.includes(code))).toEqual([]);
});

it("refers only to schemas that are in it", () => {
  const document = JSON.parse(read("api/openapi.json")) as { components: { schemas: Record<string, unknown> } };
  const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
  expect(references.filter((name) => !(name in document.components.schemas))).toEqual([]);
  expect(references.length).toBeGreaterThan(50);
});
