/** The routes of api/openapi.json: what each takes and answers, and how it is called. */
import { docComment, type Schema, type TypeWriter } from "./schema.js";

interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required: boolean;
  description?: string;
  schema: Schema;
}

type Content = Record<string, { schema: Schema }>;

export interface RouteDescription {
  operationId: string;
  summary: string;
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Content };
  responses: Record<string, { content?: Content }>;
}

/** What a client sends as a query's value is text in the end: numbers and lists are taken too. */
function parameter(writer: TypeWriter, { name, required, description, schema }: Parameter): string {
  const type = writer.type(schema).replace(/ \| null$/, "");
  return `${docComment(description, "      ")}      ${name}${required ? "" : "?"}: ${type};\n`;
}

function parameters(writer: TypeWriter, route: RouteDescription, place: Parameter["in"]): string {
  const found = (route.parameters ?? []).filter((each) => each.in === place);
  return found.length === 0 ? "Record<never, never>" : `{\n${found.map((each) => parameter(writer, each)).join("")}    }`;
}

function body(writer: TypeWriter, { requestBody }: RouteDescription): string {
  if (requestBody === undefined) return "undefined";
  const json = requestBody.content["application/json"];
  // Streamed, and sent by a way of its own.
  if (json === undefined) return "UploadSource";
  return `${writer.type(json.schema, "    ")}${requestBody.required ? "" : " | undefined"}`;
}

function succeeded(route: RouteDescription): { content?: Content } {
  const status = Object.keys(route.responses).find((code) => /^[12]/.test(code));
  return status === undefined ? {} : route.responses[status];
}

function answer(writer: TypeWriter, route: RouteDescription): string {
  const [type, content] = Object.entries(succeeded(route).content ?? {})[0] ?? [];
  if (type === undefined || content === undefined) return "undefined";
  if (type === "application/octet-stream") return "Uint8Array";
  return writer.type(content.schema, "    ");
}

export function routeType(writer: TypeWriter, route: RouteDescription): string {
  const fields = {
    params: parameters(writer, route, "path"),
    query: parameters(writer, route, "query"),
    body: body(writer, route),
    answer: answer(writer, route),
  };
  const lines = Object.entries(fields).map(([name, type]) => `    ${name}: ${type};\n`);
  return `${docComment(route.summary, "  ")}  ${route.operationId}: {\n${lines.join("")}  };\n`;
}

/** Where it is, whether it works in a project that may be selected, and whether a good answer has anything in it. */
export function routeCall(method: string, path: string, route: RouteDescription): string {
  const project = (route.parameters ?? []).some((each) => each.in === "query" && each.name === "project");
  const empty = succeeded(route).content === undefined;
  return `  ${route.operationId}: { method: "${method.toUpperCase()}", path: "${path}", project: ${project}, empty: ${empty} },\n`;
}
