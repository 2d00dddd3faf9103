// Writes api/openapi.json from the schemas in src/contract, and the types of the TypeScript client from that. Tests hold the three together
// (tests/service/contract-openapi.test.ts, tests/clients/contract-types.test.ts).
import { readFileSync, writeFileSync } from "node:fs";
import { openApiDocument } from "../src/contract/openapi.js";
import { type Contract, clientTypes, contractTypesFile } from "./client-types/client-types.js";

const root = new URL("..", import.meta.url);
const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as { version: string };
const document = JSON.stringify(openApiDocument(version), null, 2);
writeFileSync(new URL("api/openapi.json", root), `${document}\n`);
writeFileSync(new URL(contractTypesFile, root), clientTypes(JSON.parse(document) as Contract));
