import {
  Project,
  ProjectCreate,
  ProjectPage,
  ProjectPatch,
  SignIn,
  SignInCode,
  Ticket,
  TicketCreate,
  Token,
  TokenCreate,
  TokenCreated,
  TokenPage,
} from "../access.js";
import { endpoint, NoBody } from "../endpoint.js";
import { pageQuery } from "../paging.js";

export const createSignInCode = endpoint({
  id: "createSignInCode",
  method: "post",
  path: "/v1/sign-in-codes",
  tag: "access",
  summary: "A link that signs a browser in to the dashboard once",
  role: "admin",
  body: NoBody,
  answers: { 201: { description: "The code, and the link with it", schema: SignInCode } },
  problems: ["idempotency_not_replayable"],
});

export const signIn = endpoint({
  id: "signIn",
  method: "post",
  path: "/v1/sign-in",
  tag: "access",
  summary: "Turn a sign-in code into a token",
  description: "The token is an `admin` of the project that the code was made for, and lasts 30 days.",
  role: null,
  body: SignIn,
  answers: { 201: { description: "The token with its secret, which is shown this once", schema: TokenCreated } },
  problems: ["sign_in_invalid", "rate_limited"],
});

export const getToken = endpoint({
  id: "getToken",
  method: "get",
  path: "/v1/token",
  tag: "access",
  summary: "The token of this request: who am I",
  role: "viewer",
  answers: { 200: { description: "The token, without its secret", schema: Token } },
  problems: [],
});

export const listTokens = endpoint({
  id: "listTokens",
  method: "get",
  path: "/v1/tokens",
  tag: "access",
  summary: "List the project's tokens, without their secrets",
  role: "admin",
  query: pageQuery,
  answers: { 200: { description: "A page of tokens", schema: TokenPage } },
  problems: ["invalid_cursor"],
});

export const createToken = endpoint({
  id: "createToken",
  method: "post",
  path: "/v1/tokens",
  tag: "access",
  summary: "Create a token for the project",
  role: "admin",
  body: TokenCreate,
  answers: { 201: { description: "The token with its secret, which is shown this once", schema: TokenCreated } },
  problems: ["idempotency_not_replayable"],
});

export const deleteToken = endpoint({
  id: "deleteToken",
  method: "delete",
  path: "/v1/tokens/{id}",
  tag: "access",
  summary: "Revoke a token",
  role: "admin",
  answers: { 204: { description: "It opens nothing any more" } },
  problems: ["not_found"],
});

export const listProjects = endpoint({
  id: "listProjects",
  method: "get",
  path: "/v1/projects",
  tag: "access",
  summary: "List projects: all of them for an administrator of the installation, else the token's own",
  role: "viewer",
  query: pageQuery,
  answers: { 200: { description: "A page of projects", schema: ProjectPage } },
  problems: ["invalid_cursor"],
});

export const createProject = endpoint({
  id: "createProject",
  method: "post",
  path: "/v1/projects",
  tag: "access",
  summary: "Create a project",
  role: "admin",
  installation: true,
  body: ProjectCreate,
  answers: { 201: { description: "The project", schema: Project } },
  problems: ["name_taken"],
});

export const getProject = endpoint({
  id: "getProject",
  method: "get",
  path: "/v1/projects/{id}",
  tag: "access",
  summary: "One project, by id or name: the token's own, or any for an administrator of the installation",
  role: "viewer",
  answers: { 200: { description: "The project", schema: Project } },
  problems: ["not_found"],
});

export const patchProject = endpoint({
  id: "patchProject",
  method: "patch",
  path: "/v1/projects/{id}",
  tag: "access",
  summary: "Rename a project or set its quota",
  description: "The quota is replaced as a whole. One that is below what the project has takes nothing away, but nothing more is accepted.",
  role: "admin",
  installation: true,
  body: ProjectPatch,
  answers: { 200: { description: "The project", schema: Project } },
  problems: ["not_found", "name_taken"],
});

export const deleteProject = endpoint({
  id: "deleteProject",
  method: "delete",
  path: "/v1/projects/{id}",
  tag: "access",
  summary: "Delete a project that holds no machines and no images",
  role: "admin",
  installation: true,
  answers: { 204: { description: "It is gone, with its tokens" } },
  problems: ["not_found", "project_not_empty"],
});

export const createTicket = endpoint({
  id: "createTicket",
  method: "post",
  path: "/v1/tickets",
  tag: "tickets",
  summary: "A ticket that opens the project's event stream once",
  role: "viewer",
  body: TicketCreate,
  answers: { 201: { description: "The ticket", schema: Ticket } },
  problems: ["idempotency_not_replayable"],
});
