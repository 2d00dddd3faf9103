/** Who may do what: tokens and projects. */
import type { Project, ProjectCreate, ProjectPage, Routes, Token, TokenCreate, TokenCreated, TokenPage } from "./contract.js";
import { everyItem } from "./pages.js";
import type { RequestOptions, Transport } from "./transport.js";

export class Tokens {
  constructor(private readonly transport: Transport) {}

  page(query: Routes["listTokens"]["query"] = {}, options: RequestOptions = {}): Promise<TokenPage> {
    return this.transport.call("listTokens", { query, ...options });
  }

  all(query: Routes["listTokens"]["query"] = {}, options: RequestOptions = {}): AsyncGenerator<Token, void, undefined> {
    return everyItem((cursor) => this.page({ limit: 100, ...query, cursor }, options));
  }

  /** The secret in the answer is shown this once. If the answer got lost, a problem `idempotency_not_replayable` says so. */
  create(fields: TokenCreate, options: RequestOptions = {}): Promise<TokenCreated> {
    return this.transport.call("createToken", { body: fields, ...options });
  }

  revoke(id: string, options: RequestOptions = {}): Promise<undefined> {
    return this.transport.call("deleteToken", { params: { id }, ...options });
  }
}

export class Projects {
  constructor(private readonly transport: Transport) {}

  page(query: Routes["listProjects"]["query"] = {}, options: RequestOptions = {}): Promise<ProjectPage> {
    return this.transport.call("listProjects", { query, ...options });
  }

  all(query: Routes["listProjects"]["query"] = {}, options: RequestOptions = {}): AsyncGenerator<Project, void, undefined> {
    return everyItem((cursor) => this.page({ limit: 100, ...query, cursor }, options));
  }

  create(fields: ProjectCreate, options: RequestOptions = {}): Promise<Project> {
    return this.transport.call("createProject", { body: fields, ...options });
  }

  delete(id: string, options: RequestOptions = {}): Promise<undefined> {
    return this.transport.call("deleteProject", { params: { id }, ...options });
  }
}
