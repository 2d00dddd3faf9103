/**
 * One description per route is the source of its validation, its types, its authorisation and its page in the contract.
 * `src/server/route.ts` serves what is described; `src/contract/openapi.ts` prints it.
 */
import { z } from "zod";
import type { TokenRole } from "./access.js";
import { text } from "./identity.js";
import type { ProblemCode } from "./problems.js";

/** `"/v1/images/{id}/files/{role}"` -> `{ id: string; role: string }` */
export type PathParameters<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? { [K in Name]: string } & PathParameters<Rest>
  : unknown;

export type Method = "get" | "post" | "put" | "patch" | "delete";

export interface AnswerShape {
  description: string;
  /** Absent: no body. */
  schema?: z.ZodType;
  /** Header fields worth naming, with what they say. */
  headers?: Record<string, string>;
  /** Media type where it is not JSON. */
  type?: string;
}

export interface Endpoint<Path extends string = string, Query extends z.ZodType = z.ZodType, Body extends z.ZodType = z.ZodType> {
  /** The operationId: what a generated client calls the method. */
  id: string;
  method: Method;
  path: Path;
  tag: string;
  summary: string;
  description?: string;
  /** The weakest token role that may; null: nobody is asked for a token. */
  role: TokenRole | null;
  /** Only for administrators of the installation. */
  installation?: boolean;
  query: Query;
  /** JSON body. `z.undefined()` where the route takes none. */
  body: Body;
  /** The body is a file: `application/octet-stream`, streamed, not parsed. */
  upload?: boolean;
  /** The path is a WebSocket; a plain request is answered `426`. */
  subprotocols?: string[];
  answers: Record<number, AnswerShape>;
  /** Beside those that any route may give. */
  problems: ProblemCode[];
}

type Described<Path extends string, Query extends z.ZodRawShape, Body extends z.ZodType> = Omit<
  Endpoint<Path, z.ZodType, Body>,
  "query" | "body"
> & { query?: Query; body?: Body };

/** `?project=` goes with every request that needs a token. */
const projectQuery = {
  project: text(80).optional().meta({ description: "Id or name of the project to work in; default: the token's own" }),
};

export type QueryOf<Shape extends z.ZodRawShape> = z.ZodObject<Shape & typeof projectQuery, z.core.$strict>;

/** Completes a description. Queries are strict: a misspelt parameter is an error, not a default. */
export function endpoint<Path extends string, Query extends z.ZodRawShape = Record<never, never>, Body extends z.ZodType = z.ZodUndefined>(
  described: Described<Path, Query, Body>,
): Endpoint<Path, QueryOf<Query>, Body> {
  const query = z.strictObject({ ...described.query, ...(described.role === null ? {} : projectQuery) }) as unknown as QueryOf<Query>;
  return { ...described, query, body: described.body ?? (z.undefined() as unknown as Body) };
}

/** Body of a POST that needs none: nothing, or an empty object. */
export const NoBody = z.strictObject({}).optional();
