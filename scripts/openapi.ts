// Writes api/openapi.json from the schemas in src/contract. tests/service/contract-openapi.test.ts holds the two together.
import { readFileSync, writeFileSync } from "node:fs";
import { openApiDocument } from "../src/contract/openapi.js";

const root = new URL("..", import.meta.url);
const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as { version: string };
writeFileSync(new URL("api/openapi.json", root), `${JSON.stringify(openApiDocument(version), null, 2)}\n`);
