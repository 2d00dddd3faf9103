import {
  createProject,
  createToken,
  deleteProject,
  deleteToken,
  getProject,
  getToken,
  listProjects,
  listTokens,
  patchProject,
} from "../../contract/endpoints/access.js";
import { isUniqueViolation } from "../../store/database.js";
import type { Project } from "../../store/generated/client.js";
import { defaultProjectId, systemProjectId } from "../../store/ids.js";
import { latestSeq } from "../../store/outbox.js";
import * as projects from "../../store/projects.js";
import * as tokens from "../../store/tokens.js";
import { isRowMissing } from "../database-errors.js";
import { pageOf, pageRequest } from "../page.js";
import { notFound, ProblemError } from "../problem.js";
import { showProject, showToken } from "../representation.js";
import type { Router } from "../route.js";
import type { Service } from "../service.js";

export function tokenRoutes(router: Router, { db }: Service): void {
  router.serve(getToken, async ({ caller }) => ({ status: 200, body: showToken(await tokens.tokenById(db, caller.tokenId)) }));

  router.serve(listTokens, async ({ projectId, query }) => {
    const request = pageRequest(query);
    const eventSeq = Number(await latestSeq(db));
    return { status: 200, body: pageOf(await tokens.listTokens(db, projectId, request), request, eventSeq, showToken) };
  });

  router.serve(createToken, async ({ projectId, body }) => {
    const { name, role, ttlSeconds } = body;
    const expiresAt = ttlSeconds === undefined ? null : new Date(Date.now() + ttlSeconds * 1000);
    const { token, secret } = await tokens.createToken(db, { projectId, name, role, expiresAt });
    return { status: 201, body: { ...showToken(token), secret }, secret: true };
  });

  router.serve(deleteToken, async ({ projectId, params }) => {
    if (params.id === tokens.installationAdmin)
      throw new ProblemError("forbidden", "The installation's admin token is changed where the service is started");
    if (!(await tokens.revokeToken(db, projectId, params.id))) throw notFound("token", params.id);
    return { status: 204 };
  });
}

export function projectRoutes(router: Router, { db }: Service): void {
  router.serve(listProjects, async ({ caller, query }) => {
    const request = pageRequest(query);
    const eventSeq = Number(await latestSeq(db));
    const rows = await projects.listProjects(db, caller.installation ? null : caller.projectId, request);
    return { status: 200, body: pageOf(rows, request, eventSeq, showProject) };
  });

  router.serve(createProject, async ({ body }) => {
    const project = await named(body.name, () => projects.createProject(db, body.name, body.quota));
    return { status: 201, body: showProject(project) };
  });

  router.serve(getProject, async ({ caller, params }) => {
    const project = await existing(params.id);
    if (!caller.installation && project.id !== caller.projectId) throw notFound("project", params.id);
    return { status: 200, body: showProject(project) };
  });

  router.serve(patchProject, async ({ params, body }) => {
    const { id } = await existing(params.id);
    if (id === systemProjectId || (id === defaultProjectId && body.name !== undefined)) throw ofInstallation();
    const project = await named(body.name, () => projects.changeProject(db, id, body)).catch((error: unknown) => {
      if (isRowMissing(error)) throw notFound("project", params.id);
      throw error;
    });
    return { status: 200, body: showProject(project) };
  });

  router.serve(deleteProject, async ({ params }) => {
    const { id } = await existing(params.id);
    if (id === defaultProjectId || id === systemProjectId) throw ofInstallation();
    if (!(await projects.deleteProject(db, id))) throw new ProblemError("project_not_empty");
    return { status: 204 };
  });

  async function existing(reference: string): Promise<Project> {
    const project = await projects.findProject(db, reference);
    if (project === null) throw notFound("project", reference);
    return project;
  }
}

function ofInstallation(): ProblemError {
  return new ProblemError("forbidden", "This project belongs to the installation");
}

async function named(name: string | undefined, write: () => Promise<Project>): Promise<Project> {
  try {
    return await write();
  } catch (error) {
    if (isUniqueViolation(error)) throw new ProblemError("name_taken", `There is a project ${JSON.stringify(name)}`);
    throw error;
  }
}
