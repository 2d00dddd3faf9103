/** Rows as the contract shows them. */
import type { Project, Token } from "../contract/access.js";
import type { Event } from "../contract/event.js";
import type { Host } from "../contract/host.js";
import type { FileRole, Image, ImageKind } from "../contract/image.js";
import type { Operation, OperationKind } from "../contract/operation.js";
import type { Vm } from "../contract/vm.js";
import type { Webhook, WebhookDelivery } from "../contract/webhook.js";
import type * as rows from "../store/generated/client.js";
import type { ListedHost } from "../store/hosts.js";
import { awaitedSlots, type ImageWithFiles, isSlot } from "../store/images.js";
import type { DeliveryWithEvent } from "../store/webhook-deliveries.js";

function time(at: Date): string {
  return at.toISOString();
}

function timeOrNull(at: Date | null): string | null {
  return at === null ? null : at.toISOString();
}

export function showVm(row: rows.Vm): Vm {
  return {
    id: row.id,
    name: row.name,
    state: row.state,
    desiredState: row.desiredState,
    stateReason: row.stateReason,
    fault: row.fault as Vm["fault"],
    image: row.imageId,
    memoryMiB: row.memoryMiB,
    cmdline: row.cmdline,
    labels: row.labels as Vm["labels"],
    host: row.hostId,
    generation: row.generation,
    createdAt: time(row.createdAt),
    startedAt: timeOrNull(row.startedAt),
    expiresAt: timeOrNull(row.expiresAt),
    projectId: row.projectId,
  };
}

export function vmETag(row: rows.Vm): string {
  return `"${row.version}"`;
}

export function showOperation(row: rows.Operation): Operation {
  return {
    id: row.id,
    kind: row.kind as OperationKind,
    state: row.state,
    progress: row.progress,
    step: row.step,
    mayCancel: row.mayCancel,
    resources: row.resources as Operation["resources"],
    error: row.error as Operation["error"],
    createdAt: time(row.createdAt),
    startedAt: timeOrNull(row.startedAt),
    endedAt: timeOrNull(row.endedAt),
    projectId: row.projectId,
  };
}

/** Files that an image waits for are shown without a digest; a catalog image waits for none. */
export function showImage(row: ImageWithFiles): Image {
  const awaited = awaitedSlots(row);
  return {
    id: row.id,
    name: row.name,
    kind: row.kind as ImageKind,
    state: row.state,
    catalog: row.catalog,
    description: row.description,
    cmdline: row.cmdline,
    memoryMiB: row.memoryMiB,
    modules: row.modules,
    files: [...awaited, ...row.files.filter((file) => !awaited.some((slot) => isSlot(file, slot)))].map((slot) => {
      const file = row.files.find((each) => isSlot(each, slot));
      const role = slot.role as FileRole;
      return {
        role,
        ...(role === "module" ? { index: slot.index } : {}),
        sizeBytes: file ? Number(file.sizeBytes) : null,
        sha256: file?.sha256 ?? null,
      };
    }),
    createdAt: time(row.createdAt),
    projectId: row.projectId,
  };
}

export function showHost(row: ListedHost): Host {
  const { id, name, cpus, memoryMiB, machines, alive } = row;
  return { id, name, cpus, memoryMiB, machines, heartbeatAt: time(row.heartbeatAt), alive };
}

export function showProject(row: rows.Project): Project {
  return { id: row.id, name: row.name, quota: row.quota as Project["quota"], createdAt: time(row.createdAt) };
}

export function showToken(row: rows.Token): Token {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    projectId: row.projectId,
    installation: row.installation,
    createdAt: time(row.createdAt),
    expiresAt: timeOrNull(row.expiresAt),
  };
}

export function showEvent(row: rows.Event): Event {
  return {
    id: row.id,
    seq: Number(row.seq),
    type: row.type,
    time: time(row.time),
    projectId: row.projectId,
    subject: row.subject,
    data: row.data as Event["data"],
  };
}

export function showWebhook(row: rows.Webhook): Webhook {
  return {
    id: row.id,
    url: row.url,
    types: row.types as Webhook["types"],
    labels: row.labels as Webhook["labels"],
    active: row.active,
    inactiveReason: row.inactiveReason,
    failingSince: timeOrNull(row.failingSince),
    createdAt: time(row.createdAt),
    projectId: row.projectId,
  };
}

export function showDelivery(row: DeliveryWithEvent): WebhookDelivery {
  return {
    id: row.id,
    webhook: row.webhookId,
    event: row.event.id,
    eventType: row.event.type,
    subject: row.event.subject,
    state: row.state,
    attempts: row.attempts,
    nextAttemptAt: timeOrNull(row.nextAttemptAt),
    lastAttemptAt: timeOrNull(row.lastAttemptAt),
    lastStatus: row.lastStatus,
    lastError: row.lastError,
    createdAt: time(row.createdAt),
  };
}
