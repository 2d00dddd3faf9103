/**
 * npm run docs              writes docs/instructions.md
 * npm run docs -- --check   exit code 1 if it is not as it would be written, or an opcode has no test
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { instructionDocument } from "./instructions/markdown.js";

const folder = new URL("../docs/", import.meta.url);
const file = new URL("instructions.md", folder);
const { text, problems } = await instructionDocument();

if (!process.argv.includes("--check")) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, text);
} else if (!existsSync(file) || readFileSync(file, "utf8") !== text) {
  problems.push("docs/instructions.md is stale: npm run docs");
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
