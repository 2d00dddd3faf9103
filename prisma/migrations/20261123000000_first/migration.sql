-- CreateEnum
CREATE TYPE "token_role" AS ENUM ('viewer', 'operator', 'admin');

-- CreateEnum
CREATE TYPE "image_kind" AS ENUM ('linux', 'disk', 'cdrom', 'floppy', 'multiboot');

-- CreateEnum
CREATE TYPE "image_state" AS ENUM ('available', 'pending', 'ready');

-- CreateEnum
CREATE TYPE "image_role" AS ENUM ('kernel', 'initrd', 'disk', 'cdrom', 'floppy', 'module');

-- CreateEnum
CREATE TYPE "vm_state" AS ENUM ('creating', 'stopped', 'starting', 'running', 'paused', 'suspended', 'stopping', 'error', 'deleting');

-- CreateEnum
CREATE TYPE "desired_state" AS ENUM ('running', 'paused', 'stopped', 'suspended', 'deleted');

-- CreateEnum
CREATE TYPE "operation_state" AS ENUM ('queued', 'running', 'succeeded', 'failed', 'cancelled');

-- CreateTable
CREATE TABLE "project" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "quota" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "project_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "token" (
    "id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "role" "token_role" NOT NULL,
    "installation" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "token_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "image" (
    "id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" "image_kind" NOT NULL,
    "state" "image_state" NOT NULL,
    "catalog" BOOLEAN NOT NULL DEFAULT false,
    "description" TEXT NOT NULL DEFAULT '',
    "cmdline" TEXT NOT NULL DEFAULT '',
    "memory_mib" INTEGER NOT NULL DEFAULT 128,
    "roles" "image_role"[] DEFAULT ARRAY[]::"image_role"[],
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "image_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "image_file" (
    "image_id" TEXT NOT NULL,
    "role" "image_role" NOT NULL,
    "project_id" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "size_bytes" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "image_file_pkey" PRIMARY KEY ("image_id","role")
);

-- CreateTable
CREATE TABLE "vm" (
    "id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "state" "vm_state" NOT NULL,
    "desired_state" "desired_state" NOT NULL,
    "state_reason" TEXT,
    "fault" JSONB,
    "image_id" TEXT NOT NULL,
    "memory_mib" INTEGER NOT NULL,
    "cmdline" TEXT,
    "labels" JSONB NOT NULL DEFAULT '{}',
    "host_id" TEXT,
    "generation" INTEGER NOT NULL DEFAULT 0,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "vm_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "operation" (
    "id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "state" "operation_state" NOT NULL,
    "progress" DOUBLE PRECISION,
    "step" TEXT,
    "may_cancel" BOOLEAN NOT NULL DEFAULT false,
    "cancel_requested_at" TIMESTAMPTZ(3),
    "resources" JSONB NOT NULL DEFAULT '{}',
    "vm_id" TEXT,
    "error" JSONB,
    "host_id" TEXT,
    "request_id" TEXT,
    "actor" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "operation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "event" (
    "seq" BIGSERIAL NOT NULL,
    "id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "time" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "subject" TEXT NOT NULL,
    "data" JSONB NOT NULL,

    CONSTRAINT "event_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "host" (
    "id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "stream_url" TEXT NOT NULL,
    "incarnation" TEXT NOT NULL,
    "cpus" INTEGER NOT NULL,
    "memory_mib" INTEGER NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "heartbeat_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "host_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "idempotency_key" (
    "id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "status" INTEGER,
    "headers" JSONB,
    "body" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "completed_at" TIMESTAMPTZ(3),

    CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ticket" (
    "hash" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "stream" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "vm_id" TEXT,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ticket_pkey" PRIMARY KEY ("hash")
);

-- CreateIndex
CREATE UNIQUE INDEX "project_name_key" ON "project"("name");

-- CreateIndex
CREATE UNIQUE INDEX "token_hash_key" ON "token"("hash");

-- CreateIndex
CREATE INDEX "token_project_id_created_at_id_idx" ON "token"("project_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "image_project_id_created_at_id_idx" ON "image"("project_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "image_project_id_name_key" ON "image"("project_id", "name");

-- CreateIndex
CREATE INDEX "image_file_sha256_idx" ON "image_file"("sha256");

-- CreateIndex
CREATE INDEX "vm_project_id_created_at_id_idx" ON "vm"("project_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "vm_host_id_state_idx" ON "vm"("host_id", "state");

-- CreateIndex
CREATE INDEX "vm_expires_at_idx" ON "vm"("expires_at");

-- CreateIndex
CREATE INDEX "operation_project_id_created_at_id_idx" ON "operation"("project_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "operation_vm_id_state_idx" ON "operation"("vm_id", "state");

-- CreateIndex
CREATE INDEX "operation_state_host_id_idx" ON "operation"("state", "host_id");

-- CreateIndex
CREATE INDEX "operation_ended_at_idx" ON "operation"("ended_at");

-- CreateIndex
CREATE UNIQUE INDEX "event_id_key" ON "event"("id");

-- CreateIndex
CREATE INDEX "event_project_id_seq_idx" ON "event"("project_id", "seq");

-- CreateIndex
CREATE INDEX "event_time_idx" ON "event"("time");

-- CreateIndex
CREATE INDEX "idempotency_key_created_at_idx" ON "idempotency_key"("created_at");

-- CreateIndex
CREATE UNIQUE INDEX "idempotency_key_project_id_key_key" ON "idempotency_key"("project_id", "key");

-- CreateIndex
CREATE INDEX "ticket_expires_at_idx" ON "ticket"("expires_at");

-- AddForeignKey
ALTER TABLE "token" ADD CONSTRAINT "token_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "image" ADD CONSTRAINT "image_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "image_file" ADD CONSTRAINT "image_file_image_id_fkey" FOREIGN KEY ("image_id") REFERENCES "image"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "image_file" ADD CONSTRAINT "image_file_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "vm" ADD CONSTRAINT "vm_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "vm" ADD CONSTRAINT "vm_image_id_fkey" FOREIGN KEY ("image_id") REFERENCES "image"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "vm" ADD CONSTRAINT "vm_host_id_fkey" FOREIGN KEY ("host_id") REFERENCES "host"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "operation" ADD CONSTRAINT "operation_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "event" ADD CONSTRAINT "event_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "host" ADD CONSTRAINT "host_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "idempotency_key" ADD CONSTRAINT "idempotency_key_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ticket" ADD CONSTRAINT "ticket_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The two projects that are always there
INSERT INTO "project" ("id", "name") VALUES ('proj_default', 'default'), ('proj_system', 'system');
