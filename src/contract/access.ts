/** Who may do what: projects, tokens, and tickets for clients that cannot send headers. */
import { z } from "zod";
import { id, Name, Time, text } from "./identity.js";
import { page } from "./paging.js";

/** Each role may do all that those before it may. */
export const tokenRoles = ["viewer", "operator", "admin"] as const;
export type TokenRole = (typeof tokenRoles)[number];

export function roleReaches(role: TokenRole, needed: TokenRole): boolean {
  return tokenRoles.indexOf(role) >= tokenRoles.indexOf(needed);
}

const amount = z.int().min(0).max(1e9).optional();

export const Quota = z
  .strictObject({
    machines: amount.meta({ description: "In any state" }),
    memoryMiB: amount.meta({ description: "Of all machines together, whether they run or not" }),
    diskMiB: amount.meta({ description: "Of the files of uploaded images" }),
  })
  .meta({ id: "Quota", description: "The most that a project may have; what is absent is unlimited" });
export type Quota = z.infer<typeof Quota>;

export const Project = z.object({ id: id("project"), name: Name, quota: Quota, createdAt: Time }).meta({ id: "Project" });
export type Project = z.infer<typeof Project>;
export const ProjectPage = page("ProjectPage", Project);
export const ProjectCreate = z.strictObject({ name: Name, quota: Quota.optional() }).meta({ id: "ProjectCreate" });
export const ProjectPatch = z.strictObject({ name: Name.optional(), quota: Quota.optional() }).meta({ id: "ProjectPatch" });

export const Token = z
  .object({
    id: id("token"),
    name: Name,
    role: z.enum(tokenRoles),
    projectId: id("project"),
    installation: z.boolean().meta({ description: "An administrator of the installation: may select any project with `?project=`" }),
    createdAt: Time,
    expiresAt: Time.nullable(),
  })
  .meta({ id: "Token" });
export type Token = z.infer<typeof Token>;
export const TokenPage = page("TokenPage", Token);

/** Ten years: beyond all use, and well within the dates that there are. */
const mostTtlSeconds = 10 * 365 * 86_400;

export const TokenCreate = z
  .strictObject({
    name: Name,
    role: z.enum(tokenRoles),
    ttlSeconds: z.int().min(1).max(mostTtlSeconds).optional().meta({ description: "Refused after this time; default: never" }),
  })
  .meta({ id: "TokenCreate" });

export const TokenCreated = Token.extend({
  secret: z.string().meta({ description: "Shown this once; send it as `Authorization: Bearer`" }),
}).meta({
  id: "TokenCreated",
});

export const SignInCode = z
  .object({
    code: z.string(),
    url: z.string().meta({ description: "The dashboard's, to be opened in a browser: it sends the code" }),
    expiresAt: Time,
  })
  .meta({ id: "SignInCode", description: "Signs a browser in once, within ten minutes" });

export const SignIn = z.strictObject({ code: text(100) }).meta({ id: "SignIn" });

/** What a connection may do on a stream: a viewer watches, a writer may also type. */
export const streamRoles = ["viewer", "writer"] as const;
export type StreamRole = (typeof streamRoles)[number];

export const vmStreams = ["console", "stats"] as const;
export type VmStream = (typeof vmStreams)[number];

export const VmTicketCreate = z
  .strictObject({ stream: z.enum(vmStreams), role: z.enum(streamRoles).default("viewer") })
  .meta({ id: "VmTicketCreate" });
export const TicketCreate = z.strictObject({ stream: z.literal("events") }).meta({ id: "TicketCreate" });

export const Ticket = z
  .object({
    url: z.string().meta({ description: "Absolute, `ws:` or `wss:`; open it as it is" }),
    path: z.string(),
    expiresAt: Time,
  })
  .meta({ id: "Ticket", description: "Opens one stream once, without headers, on any API server of the installation" });
