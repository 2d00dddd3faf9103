#!/usr/bin/env node
// Stands in for Prisma's native schema engine, which `prisma generate` insists on having but doesn't use. Fails, so that
// nobody mistakes the empty answer of `prisma migrate` for success.
console.error(
  "worldswitch has no native Prisma schema engine: migrations are SQL files in prisma/migrations, applied by src/store/migrations.ts",
);
process.exit(1);
