/** clients/typescript/src/contract.ts: the types of api/openapi.json, and its routes by name. */
import { type RouteDescription, routeCall, routeType } from "./routes.js";
import { type Schemas, TypeWriter } from "./schema.js";

export interface Contract {
  paths: Record<string, Record<string, RouteDescription>>;
  components: { schemas: Schemas };
}

export const contractTypesFile = "clients/typescript/src/contract.ts";

export function clientTypes({ paths, components: { schemas } }: Contract): string {
  const writer = new TypeWriter(schemas);
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, route]) => ({ method, path, route })),
  );
  const declarations = Object.keys(schemas)
    .sort()
    .map((name) => writer.declaration(name));
  const types = routes.map(({ route }) => routeType(writer, route));
  const calls = routes.map(({ method, path, route }) => routeCall(method, path, route));
  return [
    "// Written from api/openapi.json by scripts/openapi.ts: changes belong into src/contract.\n",
    'import type { UploadSource } from "./upload-source.js";\n',
    ...declarations,
    `/** What each route takes and answers, by its operationId. */\nexport interface Routes {\n${types.join("")}}\n`,
    `/** Where each route is. */\nexport const routes = {\n${calls.join("")}} as const;\n`,
  ].join("\n");
}
