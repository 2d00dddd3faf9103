import { Prisma } from "../store/generated/client.js";

/** P2003: a row that this one refers to is not there. */
export function isForeignKeyViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2003";
}

/** P2025: the row to be changed is not there. */
export function isRowMissing(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2025";
}

/** Prisma's own codes, those of the connection below it, and PostgreSQL's while it starts or stops. */
const unreachable = new Set(
  "P1001 P1002 P1008 P1017 P2024 P2028 ENOENT ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT ENOTFOUND 57P01 57P02 57P03 08006".split(" "),
);

/** The database cannot be reached, or has just gone: a request that met this did nothing, or cannot know. */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof Prisma.PrismaClientInitializationError) return true;
  if (error instanceof Prisma.PrismaClientKnownRequestError) return unreachable.has(error.code);
  return error instanceof Prisma.PrismaClientUnknownRequestError && /connection (terminated|ended|closed)/i.test(error.message);
}
