/** The documentation, offline: the contract in a page to read and to try, and the table of problem codes. */
import type { Express } from "express";
import swaggerUi from "swagger-ui-express";
import { openApiDocument } from "../contract/openapi.js";
import { problemCodes, problemKind } from "../contract/problems.js";
import { problemPage } from "./pages.js";

export function documentation(app: Express, version: string): void {
  const contract = openApiDocument(version);
  app.get("/openapi.json", (_request, response) => {
    response.json(contract);
  });
  const problems = problemPage(problemCodes.map((code) => ({ code, ...problemKind(code) })));
  app.get("/docs/problems", (_request, response) => {
    response.type("html").send(problems);
  });
  // All links are relative, so that the page also works under a path of somebody's proxy.
  const reader = swaggerUi
    .generateHTML(undefined, { customSiteTitle: "Worldswitch", swaggerOptions: { url: "openapi.json", validatorUrl: null } })
    .replaceAll('"./', '"docs/');
  app.get("/docs", (request, response) => {
    if (request.path.endsWith("/")) response.redirect(308, "../docs");
    else response.type("html").send(reader);
  });
  app.use("/docs", swaggerUi.serve);
}
