import { Prisma } from "../store/generated/client.js";

/** P2003: a row that this one refers to is not there. */
export function isForeignKeyViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2003";
}

/** The database cannot be reached at all: P1001, P1002, P1008, P1017, P2024, or a socket error below them. */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof Prisma.PrismaClientInitializationError) return true;
  if (error instanceof Prisma.PrismaClientKnownRequestError) return ["P1001", "P1002", "P1008", "P1017", "P2024"].includes(error.code);
  return (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    ["ECONNREFUSED", "ENOENT", "ECONNRESET"].includes(error.code)
  );
}
