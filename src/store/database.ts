import { PrismaPg } from "@prisma/adapter-pg";
import { Prisma, PrismaClient } from "./generated/client.js";
import { statementNames } from "./statement-names.js";

export type Database = PrismaClient;

/** Connections that one process holds for its rows, beside those of the queue and the feed. */
const poolSize = 10;

/** Opens the rows behind a PostgreSQL URL; connects on first use. `$disconnect()` closes. */
export function openDatabase(url: string): Database {
  const adapter = new PrismaPg(
    { connectionString: url, max: poolSize, connectionTimeoutMillis: 5000, application_name: "worldswitch" },
    { statementNameGenerator: statementNames() },
  );
  // `minimal`: an error's message without an excerpt of our code, and no stack taken at each query in case that it fails.
  // A commit waits at most for the few milliseconds that another one holds the outbox lock, or for the database to come back.
  return new PrismaClient({ adapter, errorFormat: "minimal", transactionOptions: { maxWait: 10_000, timeout: 20_000 } });
}

/** The database's clock: those of hosts differ, and what one has written is compared with what another has. */
export async function databaseTime(rows: Pick<Database, "$queryRaw">): Promise<Date> {
  const [{ now }] = await rows.$queryRaw<[{ now: Date }]>`SELECT clock_timestamp() AS now`;
  return now;
}

/** What PostgreSQL says when another transaction was in the way: serialization failure, deadlock. Prisma has a code of its own for it, but not for raw queries. */
const conflicts = /\b(40001|40P01)\b/;

/** Another transaction was in the way; doing it again is right. */
export function isWriteConflict(error: unknown): boolean {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return false;
  return error.code === "P2034" || (error.code === "P2010" && conflicts.test(error.message));
}

/** P2002: a unique key is taken. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2002";
}
