import type { Project, ProjectCreate, ProjectPage, ProjectPatch, Routes } from "./contract.js";
import { everyItem } from "./pages.js";
import type { RequestOptions, Transport } from "./transport.js";

export class Projects {
  constructor(private readonly transport: Transport) {}

  page(query: Routes["listProjects"]["query"] = {}, options: RequestOptions = {}): Promise<ProjectPage> {
    return this.transport.call("listProjects", { query, ...options });
  }

  all(query: Routes["listProjects"]["query"] = {}, options: RequestOptions = {}): AsyncGenerator<Project, void, undefined> {
    return everyItem((cursor) => this.page({ limit: 100, ...query, cursor }, options));
  }

  get(id: string, options: RequestOptions = {}): Promise<Project> {
    return this.transport.call("getProject", { params: { id }, ...options });
  }

  create(fields: ProjectCreate, options: RequestOptions = {}): Promise<Project> {
    return this.transport.call("createProject", { body: fields, ...options });
  }

  update(id: string, changes: ProjectPatch, options: RequestOptions = {}): Promise<Project> {
    return this.transport.call("patchProject", { params: { id }, body: changes, ...options });
  }

  delete(id: string, options: RequestOptions = {}): Promise<undefined> {
    return this.transport.call("deleteProject", { params: { id }, ...options });
  }
}
