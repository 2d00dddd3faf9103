/** Worldswitch in TypeScript: what a program that is none of ours needs. */
export type { ExpectOptions, VmConsole } from "./console.js";
export type { ConsoleEvents, ConsoleOptions } from "./console-connection.js";
export type { ConsoleRole, Exit, Hello, RoleChange, Skip } from "./console-protocol.js";
export type {
  Event,
  FieldError,
  GuestFault,
  Host,
  HostPage,
  Image,
  ImageCreate,
  ImageFile,
  ImagePage,
  Operation,
  OperationPage,
  Problem,
  Project,
  ProjectCreate,
  ProjectPage,
  ProjectPatch,
  Quota,
  Routes,
  SignInCode,
  Ticket,
  Token,
  TokenCreate,
  TokenCreated,
  TokenPage,
  Usage,
  Vm as VmData,
  VmCreate,
  VmPage,
  VmPatch,
  VmStats,
  VmStatsHistory,
  VmUsage,
  Webhook,
  WebhookCreate,
  WebhookCreated,
  WebhookDelivery,
  WebhookDeliveryPage,
  WebhookPage,
  WebhookPatch,
} from "./contract.js";
export * from "./errors.js";
export type { EventsOptions, StatsOptions } from "./follow.js";
export type { FileRole } from "./images.js";
export { hasEnded, type ProgressOptions } from "./operations.js";
export type { WorldswitchOptions } from "./settings.js";
export type { Shell, ShellOptions, ShOptions, ShResult } from "./shell.js";
export type { Found } from "./transcript.js";
export type { RequestOptions, RouteId } from "./transport.js";
export type { UploadOptions } from "./upload.js";
export type { UploadSource } from "./upload-source.js";
export type { ActionOptions, AwaitedState, ConsoleLog, Vm, VmShellOptions, VmState, WaitOptions } from "./vm.js";
export type { CreateOptions } from "./vms.js";
export { Worldswitch } from "./worldswitch.js";
