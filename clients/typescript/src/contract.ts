// Written from api/openapi.json by scripts/openapi.ts: changes belong into src/contract.

import type { UploadSource } from "./upload-source.js";

export interface Event {
  /** Opaque id, begins with `evt_` */
  id: string;
  /** Follows commit order */
  seq: number;
  type: string;
  /** RFC 3339, UTC */
  time: string;
  /** Opaque id, begins with `proj_` */
  projectId: string;
  /** Id of what it is about */
  subject: string;
  data: Record<string, unknown>;
}

export interface FieldError {
  /** Where, as a JSON pointer into the body, or the name of a parameter */
  path: string;
  message: string;
}

/** What the monitor could not do faithfully */
export interface GuestFault {
  code: string;
  message: string;
  /** Guest state worth showing, hexadecimal */
  context?: Record<string, string>;
}

export interface Host {
  /** Opaque id, begins with `host_` */
  id: string;
  name: string;
  cpus: number;
  memoryMiB: number;
  /** Machines of the project that live there, in any state */
  machines: number;
  /** When its worker was last heard of */
  heartbeatAt: string;
  /** Heard of lately: it gets new machines */
  alive: boolean;
}

export interface HostPage {
  items: Host[];
  /** Ask with `cursor` for the next page; null on the last */
  nextCursor: string | null;
  /** Follow events after this sequence number to miss nothing */
  eventSeq: number;
}

export interface Image {
  /** Opaque id, begins with `img_` */
  id: string;
  /** 1 to 63 of `a-z 0-9 . _ -`, beginning and ending with a letter or digit */
  name: string;
  /** `linux`: a bzImage, by the Linux boot protocol. `multiboot`: by the Multiboot specification 0.6.96; ELF or with address fields, plain or gzip */
  kind: "linux" | "multiboot";
  state: "available" | "pending" | "ready";
  /** For every project; cannot be deleted */
  catalog: boolean;
  description: string;
  /** Kernel command line where a vm brings none. A multiboot kernel sees the image's name as a word in front */
  cmdline: string;
  /** Of kind `multiboot`: what each module is told */
  modules: string[];
  /** Memory of a vm that does not say */
  memoryMiB: number;
  /** The roles it is made of; those without a digest are waited for */
  files: ImageFile[];
  /** RFC 3339, UTC */
  createdAt: string;
  /** Opaque id, begins with `proj_` */
  projectId: string;
}

export interface ImageCreate {
  /** 1 to 63 of `a-z 0-9 . _ -`, beginning and ending with a letter or digit */
  name: string;
  kind: "linux" | "multiboot";
  /** Kernel command line, printable ASCII */
  cmdline?: string;
  description?: string;
  memoryMiB?: number;
  /** The roles the image waits for before it is ready: `kernel` and, for kind `linux`, `initrd`, or, for kind `multiboot`, `module` (the same as `modules` of `["module"]`). Default: kernel and initrd for `linux`, the kernel alone for `multiboot` */
  files?: ("kernel" | "initrd" | "module")[];
  /** Of kind `multiboot`: what each module is told, in their order. The image waits for as many files of role `module` */
  modules?: string[];
}

export interface ImageFile {
  role: "kernel" | "initrd" | "module";
  /** Which module, from 0; only with role `module` */
  index?: number;
  /** null until it is there */
  sizeBytes: number | null;
  sha256: string | null;
}

export interface ImagePage {
  items: Image[];
  /** Ask with `cursor` for the next page; null on the last */
  nextCursor: string | null;
  /** Follow events after this sequence number to miss nothing */
  eventSeq: number;
}

/** Up to 32 labels of your own */
export type Labels = Record<string, string>;

export interface Operation {
  /** Opaque id, begins with `op_` */
  id: string;
  kind: "vm.create" | "vm.start" | "vm.shutdown" | "vm.stop" | "vm.reset" | "vm.pause" | "vm.resume" | "vm.delete";
  state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
  /** null where it cannot be known */
  progress: number | null;
  /** What it is doing, for people */
  step: string | null;
  mayCancel: boolean;
  /** Ids of what it is about, by kind */
  resources: Record<string, string>;
  error: OperationError | null;
  /** RFC 3339, UTC */
  createdAt: string;
  /** RFC 3339, UTC */
  startedAt: string | null;
  /** RFC 3339, UTC */
  endedAt: string | null;
  /** Opaque id, begins with `proj_` */
  projectId: string;
}

export interface OperationError {
  /** One of cancelled, deadline_exceeded, guest_did_not_stop, guest_fault, image_failed, internal_error, no_host, superseded, vm_process_lost, vm_state_conflict, worker_lost, or a code of the monitor's */
  code: string;
  message: string;
}

export interface OperationPage {
  items: Operation[];
  /** Ask with `cursor` for the next page; null on the last */
  nextCursor: string | null;
  /** Follow events after this sequence number to miss nothing */
  eventSeq: number;
}

/** RFC 9457 problem details; `code` is stable */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  /** The request, as `urn:request:` and its X-Request-Id */
  instance?: string;
  code: "malformed_json" | "invalid_request" | "invalid_cursor" | "invalid_digest" | "digest_mismatch" | "upload_truncated" | "unsupported_subprotocol" | "unauthorized" | "ticket_invalid" | "sign_in_invalid" | "forbidden" | "quota_exceeded" | "not_found" | "route_not_found" | "method_not_allowed" | "vm_state_conflict" | "operation_state_conflict" | "image_state_conflict" | "webhook_inactive" | "image_in_use" | "project_not_empty" | "name_taken" | "idempotency_in_flight" | "idempotency_not_replayable" | "precondition_failed" | "body_too_large" | "unsupported_media_type" | "image_file_invalid" | "idempotency_key_reused" | "upgrade_required" | "rate_limited" | "headers_too_large" | "internal_error" | "stream_unavailable" | "service_unavailable";
  errors?: FieldError[];
}

export interface Project {
  /** Opaque id, begins with `proj_` */
  id: string;
  /** 1 to 63 of `a-z 0-9 . _ -`, beginning and ending with a letter or digit */
  name: string;
  quota: Quota;
  /** RFC 3339, UTC */
  createdAt: string;
}

export interface ProjectCreate {
  /** 1 to 63 of `a-z 0-9 . _ -`, beginning and ending with a letter or digit */
  name: string;
  quota?: Quota;
}

export interface ProjectPage {
  items: Project[];
  /** Ask with `cursor` for the next page; null on the last */
  nextCursor: string | null;
  /** Follow events after this sequence number to miss nothing */
  eventSeq: number;
}

export interface ProjectPatch {
  /** 1 to 63 of `a-z 0-9 . _ -`, beginning and ending with a letter or digit */
  name?: string;
  quota?: Quota;
}

/** The most that a project may have; what is absent is unlimited */
export interface Quota {
  /** In any state */
  machines?: number;
  /** Of all machines together, whether they run or not */
  memoryMiB?: number;
  /** Of the files of uploaded images */
  diskMiB?: number;
}

export interface SignIn {
  code: string;
}

/** Signs a browser in once, within ten minutes */
export interface SignInCode {
  code: string;
  /** The dashboard's, to be opened in a browser: it sends the code */
  url: string;
  /** RFC 3339, UTC */
  expiresAt: string;
}

/** Opens one stream once, without headers, on any API server of the installation */
export interface Ticket {
  /** Absolute, `ws:` or `wss:`; open it as it is */
  url: string;
  path: string;
  /** RFC 3339, UTC */
  expiresAt: string;
}

export interface TicketCreate {
  stream: "events";
}

export interface Token {
  /** Opaque id, begins with `tok_` */
  id: string;
  /** 1 to 63 of `a-z 0-9 . _ -`, beginning and ending with a letter or digit */
  name: string;
  role: "viewer" | "operator" | "admin";
  /** Opaque id, begins with `proj_` */
  projectId: string;
  /** An administrator of the installation: may select any project with `?project=` */
  installation: boolean;
  /** RFC 3339, UTC */
  createdAt: string;
  /** RFC 3339, UTC */
  expiresAt: string | null;
}

export interface TokenCreate {
  /** 1 to 63 of `a-z 0-9 . _ -`, beginning and ending with a letter or digit */
  name: string;
  role: "viewer" | "operator" | "admin";
  /** Refused after this time; default: never */
  ttlSeconds?: number;
}

export interface TokenCreated {
  /** Opaque id, begins with `tok_` */
  id: string;
  /** 1 to 63 of `a-z 0-9 . _ -`, beginning and ending with a letter or digit */
  name: string;
  role: "viewer" | "operator" | "admin";
  /** Opaque id, begins with `proj_` */
  projectId: string;
  /** An administrator of the installation: may select any project with `?project=` */
  installation: boolean;
  /** RFC 3339, UTC */
  createdAt: string;
  /** RFC 3339, UTC */
  expiresAt: string | null;
  /** Shown this once; send it as `Authorization: Bearer` */
  secret: string;
}

export interface TokenPage {
  items: Token[];
  /** Ask with `cursor` for the next page; null on the last */
  nextCursor: string | null;
  /** Follow events after this sequence number to miss nothing */
  eventSeq: number;
}

export interface Usage {
  /** RFC 3339, UTC */
  time: string;
  items: VmUsage[];
}

export interface Vm {
  /** Opaque id, begins with `vm_` */
  id: string;
  /** 1 to 63 of `a-z 0-9 . _ -`, beginning and ending with a letter or digit */
  name: string;
  state: "creating" | "stopped" | "starting" | "running" | "paused" | "suspended" | "stopping" | "error" | "deleting";
  desiredState: "running" | "stopped" | "paused" | "suspended" | "deleted";
  /** Why it is in this state, where that is not plain */
  stateReason: string | null;
  fault: GuestFault | null;
  /** Opaque id, begins with `img_` */
  image: string;
  memoryMiB: number;
  /** Words for the kernel instead of the image's */
  cmdline: string | null;
  labels: Labels;
  /** Opaque id, begins with `host_` */
  host: string | null;
  /** Counts starts */
  generation: number;
  /** RFC 3339, UTC */
  createdAt: string;
  /** RFC 3339, UTC */
  startedAt: string | null;
  /** RFC 3339, UTC */
  expiresAt: string | null;
  /** Opaque id, begins with `proj_` */
  projectId: string;
}

export interface VmCreate {
  /** 1 to 63 of `a-z 0-9 . _ -`, beginning and ending with a letter or digit */
  name?: string;
  /** Id or name of an image */
  image: string;
  /** Guest memory; default: what the image asks for, else 128 */
  memoryMiB?: number;
  /** Kernel command line, printable ASCII */
  cmdline?: string;
  labels?: Labels;
  start?: boolean;
  /** The machine is deleted by itself after this time */
  ttlSeconds?: number;
}

export interface VmGone {
  /** Opaque id, begins with `vm_` */
  id: string;
  state: "deleted";
}

export type VmOrGone = Vm | VmGone;

export interface VmPage {
  items: Vm[];
  /** Ask with `cursor` for the next page; null on the last */
  nextCursor: string | null;
  /** Follow events after this sequence number to miss nothing */
  eventSeq: number;
}

export interface VmPatch {
  /** 1 to 63 of `a-z 0-9 . _ -`, beginning and ending with a letter or digit */
  name?: string;
  labels?: Labels;
}

export interface VmStats {
  /** RFC 3339, UTC */
  time: string;
  state: "creating" | "stopped" | "starting" | "running" | "paused" | "suspended" | "stopping" | "error" | "deleting";
  generation: number;
  /** null while no VM process runs */
  stats: {
    /** Host time of the sample, ms since the epoch */
    atMs: number;
    /** Guest time since the first instruction; stands still while paused */
    guestTimeMs: number;
    cpu: {
      instructions: number;
      hostCpuUs: number;
      haltedUs: number;
    };
    memory: {
      guestMiB: number;
      residentBytes: number;
    };
    modes: {
      directExecution: {
        instructions: number;
        entries: number;
        timeUs: number;
      };
      binaryTranslation: {
        instructions: number;
        entries: number;
        timeUs: number;
      };
    };
    engines: {
      interpreted: number;
      translated: number;
    };
    mmu: {
      hiddenFaults: number;
      trueFaults: number;
      tlbFlushes: number;
      tracedWrites: number;
    };
    interpreter: {
      decodedInstructions: number;
      codePages: number;
      invalidations: number;
      flushes: number;
    };
    interrupts: {
      delivered: number;
      exceptions: number;
    };
    translator: {
      regionsCompiled: number;
      /** Translated before, by this machine or an earlier one */
      regionsRecalled: number;
      /** Put into a larger module */
      regionsLinked: number;
      /** Now */
      liveRegions: number;
      /** WebAssembly of the regions that are live now */
      codeBytes: number;
      /** Regions that are being translated now */
      queueLength: number;
      /** From request to answer, summed up */
      queueTimeUs: number;
      translateTimeUs: number;
      compileTimeUs: number;
      /** Retired inside regions */
      instructions: number;
      entries: number;
      /** Why regions were left */
      exits: {
        jump: number;
        budget: number;
        event: number;
        interpreter: number;
      };
      retranslations: number;
      /** Wholesale flushes */
      generations: number;
    };
    /** By reason, with the time until the monitor went on; histogramUs[n] counts those below 2^n microseconds that no lower bucket counts, the last all the rest */
    worldSwitches: Record<string, {
      count: number;
      timeUs: number;
      histogramUs: number[];
    }>;
    /** World switches for each byte of serial ports, and for each second that the guest was halted */
    switchRates: {
      perConsoleByte: number;
      perIdleSecond: number;
    };
    serial: {
      port: number;
      outputBytes: number;
      inputBytes: number;
    }[];
  } | null;
}

export interface VmStatsHistory {
  intervalSeconds: number;
  /** Oldest first; nothing of the time in which no VM process ran */
  items: VmStats[];
}

export interface VmTicketCreate {
  stream: "console" | "stats";
  role?: "viewer" | "writer";
}

/** Counters are cumulative since the VM process started */
export interface VmUsage {
  /** Opaque id, begins with `vm_` */
  vm: string;
  /** Retired by the guest */
  instructions: number;
  /** Host CPU time of the VM process */
  hostCpuUs: number;
  /** Now */
  residentBytes: number;
  /** Written to serial ports */
  outputBytes: number;
}

export interface Webhook {
  /** Opaque id, begins with `hook_` */
  id: string;
  /** Where events are posted to */
  url: string;
  /** Event types that it is for; none: all */
  types: ("vm.created" | "vm.state" | "vm.updated" | "vm.reset" | "vm.deleted" | "operation.state" | "operation.progress" | "operation.cancel_requested" | "image.created" | "image.ready" | "image.deleted" | "webhook.created" | "webhook.updated" | "webhook.deactivated" | "webhook.deleted")[];
  labels: Labels;
  /** Whether anything is posted. What happens while it is not is never posted */
  active: boolean;
  /** Why the service has deactivated it; null where it has not */
  inactiveReason: string | null;
  /** Since when no attempt has succeeded; null where the last one has */
  failingSince: string | null;
  /** RFC 3339, UTC */
  createdAt: string;
  /** Opaque id, begins with `proj_` */
  projectId: string;
}

export interface WebhookCreate {
  /** Where events are posted to */
  url: string;
  /** Event types that it is for; none: all */
  types?: ("vm.created" | "vm.state" | "vm.updated" | "vm.reset" | "vm.deleted" | "operation.state" | "operation.progress" | "operation.cancel_requested" | "image.created" | "image.ready" | "image.deleted" | "webhook.created" | "webhook.updated" | "webhook.deactivated" | "webhook.deleted")[];
  labels?: Labels;
  active?: boolean;
}

export interface WebhookCreated {
  /** Opaque id, begins with `hook_` */
  id: string;
  /** Where events are posted to */
  url: string;
  /** Event types that it is for; none: all */
  types: ("vm.created" | "vm.state" | "vm.updated" | "vm.reset" | "vm.deleted" | "operation.state" | "operation.progress" | "operation.cancel_requested" | "image.created" | "image.ready" | "image.deleted" | "webhook.created" | "webhook.updated" | "webhook.deactivated" | "webhook.deleted")[];
  labels: Labels;
  /** Whether anything is posted. What happens while it is not is never posted */
  active: boolean;
  /** Why the service has deactivated it; null where it has not */
  inactiveReason: string | null;
  /** Since when no attempt has succeeded; null where the last one has */
  failingSince: string | null;
  /** RFC 3339, UTC */
  createdAt: string;
  /** Opaque id, begins with `proj_` */
  projectId: string;
  /** Shown this once: `whsec_` and, in base64, the key of the signatures */
  secret: string;
}

export interface WebhookDelivery {
  /** Opaque id, begins with `dlv_` */
  id: string;
  /** Opaque id, begins with `hook_` */
  webhook: string;
  /** Opaque id, begins with `evt_` */
  event: string;
  eventType: string;
  /** Id of what the event is about */
  subject: string;
  state: "pending" | "succeeded" | "failed";
  /** Attempts begun so far */
  attempts: number;
  /** null where none is due */
  nextAttemptAt: string | null;
  /** RFC 3339, UTC */
  lastAttemptAt: string | null;
  /** HTTP status of the last answer; null where there was none */
  lastStatus: number | null;
  /** What was wrong with the last attempt, in words */
  lastError: string | null;
  /** RFC 3339, UTC */
  createdAt: string;
}

export interface WebhookDeliveryPage {
  items: WebhookDelivery[];
  /** Ask with `cursor` for the next page; null on the last */
  nextCursor: string | null;
  /** Follow events after this sequence number to miss nothing */
  eventSeq: number;
}

export interface WebhookPage {
  items: Webhook[];
  /** Ask with `cursor` for the next page; null on the last */
  nextCursor: string | null;
  /** Follow events after this sequence number to miss nothing */
  eventSeq: number;
}

export interface WebhookPatch {
  /** Where events are posted to */
  url?: string;
  /** Event types that it is for; none: all */
  types?: ("vm.created" | "vm.state" | "vm.updated" | "vm.reset" | "vm.deleted" | "operation.state" | "operation.progress" | "operation.cancel_requested" | "image.created" | "image.ready" | "image.deleted" | "webhook.created" | "webhook.updated" | "webhook.deactivated" | "webhook.deleted")[];
  labels?: Labels;
  active?: boolean;
}

/** What each route takes and answers, by its operationId. */
export interface Routes {
  /** Announce an image whose files will be uploaded */
  createImage: {
    params: Record<never, never>;
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: ImageCreate;
    answer: Image;
  };
  /** List images: the catalog's and the project's own */
  listImages: {
    params: Record<never, never>;
    query: {
      /** Most items to answer with */
      limit?: number;
      /** `nextCursor` of the page before */
      cursor?: string;
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: ImagePage;
  };
  /** Delete an image that no machine uses */
  deleteImage: {
    params: {
      id: string;
    };
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: undefined;
  };
  /** One image, by id or name */
  getImage: {
    params: {
      id: string;
    };
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: Image;
  };
  /** Upload a file of an image */
  putImageFile: {
    params: {
      id: string;
      role: string;
    };
    query: {
      /** Which module; only with role `module` */
      index?: number;
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: UploadSource;
    answer: Image;
  };
  /** Kept console bytes */
  getVmConsoleLog: {
    params: {
      id: string;
    };
    query: {
      /** 0 is COM1, 1 is COM2 */
      port?: "0" | "1";
      /** Offset of the first byte wanted */
      from?: number;
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: Uint8Array;
  };
  /** Create a machine */
  createVm: {
    params: Record<never, never>;
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: VmCreate;
    answer: Operation;
  };
  /** List machines, newest first */
  listVms: {
    params: Record<never, never>;
    query: {
      /** Most items to answer with */
      limit?: number;
      /** `nextCursor` of the page before */
      cursor?: string;
      /** `key=value` or `key`; given several times, all must hold */
      label?: string | string[];
      /** States, separated by commas */
      state?: string | string[];
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: VmPage;
  };
  /** A ticket that opens one of the machine's streams once */
  createVmTicket: {
    params: {
      id: string;
    };
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: VmTicketCreate;
    answer: Ticket;
  };
  /** Delete a machine */
  deleteVm: {
    params: {
      id: string;
    };
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: Operation;
  };
  /** One machine */
  getVm: {
    params: {
      id: string;
    };
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: Vm;
  };
  /** Rename or relabel a machine */
  patchVm: {
    params: {
      id: string;
    };
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: VmPatch;
    answer: Vm;
  };
  /** Hold the guest's processor still */
  pauseVm: {
    params: {
      id: string;
    };
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: Record<string, never> | undefined;
    answer: Operation;
  };
  /** Press the reset button */
  resetVm: {
    params: {
      id: string;
    };
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: Record<string, never> | undefined;
    answer: Operation;
  };
  /** Let a paused machine run on */
  resumeVm: {
    params: {
      id: string;
    };
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: Record<string, never> | undefined;
    answer: Operation;
  };
  /** Ask the guest to shut down */
  shutdownVm: {
    params: {
      id: string;
    };
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: Record<string, never> | undefined;
    answer: Operation;
  };
  /** Start a stopped machine */
  startVm: {
    params: {
      id: string;
    };
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: Record<string, never> | undefined;
    answer: Operation;
  };
  /** Pull the plug */
  stopVm: {
    params: {
      id: string;
    };
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: Record<string, never> | undefined;
    answer: Operation;
  };
  /** The serial console, a WebSocket */
  openVmConsole: {
    params: {
      id: string;
    };
    query: {
      /** 0 is COM1, 1 is COM2 */
      port?: "0" | "1";
      /** Offset of the first byte to send, or `end`; default: all that is kept */
      from?: "end" | number | null;
      /** Bare mode: append a newline to each frame */
      eol?: "0" | "1";
      /** Instead of a token */
      ticket?: string;
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: undefined;
  };
  /** One sample of statistics; as a WebSocket, a stream of them */
  getVmStats: {
    params: {
      id: string;
    };
    query: {
      /** Stream only: milliseconds between samples, default 1000 */
      interval?: number;
      /** Stream only: instead of a token */
      ticket?: string;
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: VmStats;
  };
  /** Wait for a state */
  waitVm: {
    params: {
      id: string;
    };
    query: {
      /** States, separated by commas; `deleted` waits for the machine to be gone */
      state: string | string[];
      /** Seconds, 0 to 60 */
      timeout?: number;
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: VmOrGone;
  };
  /** Cancel an operation that may be cancelled */
  cancelOperation: {
    params: {
      id: string;
    };
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: Operation;
  };
  /** One operation */
  getOperation: {
    params: {
      id: string;
    };
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: Operation;
  };
  /** List operations, newest first */
  listOperations: {
    params: Record<never, never>;
    query: {
      /** Most items to answer with */
      limit?: number;
      /** `nextCursor` of the page before */
      cursor?: string;
      /** Only those about this machine */
      vm?: string;
      /** States, separated by commas */
      state?: string | string[];
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: OperationPage;
  };
  /** Wait for the end of an operation */
  waitOperation: {
    params: {
      id: string;
    };
    query: {
      /** Seconds, 0 to 60 */
      timeout?: number;
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: Operation;
  };
  /** List the hosts of the installation, newest first */
  listHosts: {
    params: Record<never, never>;
    query: {
      /** Most items to answer with */
      limit?: number;
      /** `nextCursor` of the page before */
      cursor?: string;
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: HostPage;
  };
  /** What each running machine of the project uses */
  getUsage: {
    params: Record<never, never>;
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: Usage;
  };
  /** Samples of the last hour, one every ten seconds */
  getVmStatsHistory: {
    params: {
      id: string;
    };
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: VmStatsHistory;
  };
  /** Create a project */
  createProject: {
    params: Record<never, never>;
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: ProjectCreate;
    answer: Project;
  };
  /** List projects: all of them for an administrator of the installation, else the token's own */
  listProjects: {
    params: Record<never, never>;
    query: {
      /** Most items to answer with */
      limit?: number;
      /** `nextCursor` of the page before */
      cursor?: string;
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: ProjectPage;
  };
  /** A link that signs a browser in to the dashboard once */
  createSignInCode: {
    params: Record<never, never>;
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: Record<string, never> | undefined;
    answer: SignInCode;
  };
  /** A ticket that opens the project's event stream once */
  createTicket: {
    params: Record<never, never>;
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: TicketCreate;
    answer: Ticket;
  };
  /** Create a token for the project */
  createToken: {
    params: Record<never, never>;
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: TokenCreate;
    answer: TokenCreated;
  };
  /** List the project's tokens, without their secrets */
  listTokens: {
    params: Record<never, never>;
    query: {
      /** Most items to answer with */
      limit?: number;
      /** `nextCursor` of the page before */
      cursor?: string;
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: TokenPage;
  };
  /** Delete a project that holds no machines and no images */
  deleteProject: {
    params: {
      id: string;
    };
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: undefined;
  };
  /** One project, by id or name: the token's own, or any for an administrator of the installation */
  getProject: {
    params: {
      id: string;
    };
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: Project;
  };
  /** Rename a project or set its quota */
  patchProject: {
    params: {
      id: string;
    };
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: ProjectPatch;
    answer: Project;
  };
  /** Revoke a token */
  deleteToken: {
    params: {
      id: string;
    };
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: undefined;
  };
  /** The token of this request: who am I */
  getToken: {
    params: Record<never, never>;
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: Token;
  };
  /** Turn a sign-in code into a token */
  signIn: {
    params: Record<never, never>;
    query: Record<never, never>;
    body: SignIn;
    answer: TokenCreated;
  };
  /** Have events posted to a URL */
  createWebhook: {
    params: Record<never, never>;
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: WebhookCreate;
    answer: WebhookCreated;
  };
  /** List the project's webhooks, without their secrets */
  listWebhooks: {
    params: Record<never, never>;
    query: {
      /** Most items to answer with */
      limit?: number;
      /** `nextCursor` of the page before */
      cursor?: string;
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: WebhookPage;
  };
  /** Delete a webhook with its deliveries */
  deleteWebhook: {
    params: {
      id: string;
    };
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: undefined;
  };
  /** One webhook */
  getWebhook: {
    params: {
      id: string;
    };
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: Webhook;
  };
  /** Change a webhook, or make it active again */
  patchWebhook: {
    params: {
      id: string;
    };
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: WebhookPatch;
    answer: Webhook;
  };
  /** List deliveries, newest first */
  listWebhookDeliveries: {
    params: {
      id: string;
    };
    query: {
      /** Most items to answer with */
      limit?: number;
      /** `nextCursor` of the page before */
      cursor?: string;
      /** States, separated by commas */
      state?: string | string[];
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: WebhookDeliveryPage;
  };
  /** Post an event again */
  replayWebhookDelivery: {
    params: {
      id: string;
      deliveryId: string;
    };
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: Record<string, never> | undefined;
    answer: WebhookDelivery;
  };
  /** Follow what happens in the project: server-sent events, or a WebSocket */
  followEvents: {
    params: Record<never, never>;
    query: {
      /** `eventSeq` of a list: events after it */
      from?: number;
      /** WebSocket only: instead of a token */
      ticket?: string;
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: Event;
  };
  /** The process answers */
  getHealth: {
    params: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    answer: {
      status: "ok";
    };
  };
  /** Metrics for Prometheus, of the whole installation */
  getMetrics: {
    params: Record<never, never>;
    query: {
      /** Id or name of the project to work in; default: the token's own */
      project?: string;
    };
    body: undefined;
    answer: string;
  };
  /** This document */
  getContract: {
    params: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    answer: Record<string, unknown>;
  };
  /** Requests can be served: the database answers */
  getReadiness: {
    params: Record<never, never>;
    query: Record<never, never>;
    body: undefined;
    answer: {
      status: "ready";
    };
  };
}

/** Where each route is. */
export const routes = {
  createImage: { method: "POST", path: "/v1/images", project: true, empty: false },
  listImages: { method: "GET", path: "/v1/images", project: true, empty: false },
  deleteImage: { method: "DELETE", path: "/v1/images/{id}", project: true, empty: true },
  getImage: { method: "GET", path: "/v1/images/{id}", project: true, empty: false },
  putImageFile: { method: "PUT", path: "/v1/images/{id}/files/{role}", project: true, empty: false },
  getVmConsoleLog: { method: "GET", path: "/v1/vms/{id}/console/log", project: true, empty: false },
  createVm: { method: "POST", path: "/v1/vms", project: true, empty: false },
  listVms: { method: "GET", path: "/v1/vms", project: true, empty: false },
  createVmTicket: { method: "POST", path: "/v1/vms/{id}/tickets", project: true, empty: false },
  deleteVm: { method: "DELETE", path: "/v1/vms/{id}", project: true, empty: false },
  getVm: { method: "GET", path: "/v1/vms/{id}", project: true, empty: false },
  patchVm: { method: "PATCH", path: "/v1/vms/{id}", project: true, empty: false },
  pauseVm: { method: "POST", path: "/v1/vms/{id}/pause", project: true, empty: false },
  resetVm: { method: "POST", path: "/v1/vms/{id}/reset", project: true, empty: false },
  resumeVm: { method: "POST", path: "/v1/vms/{id}/resume", project: true, empty: false },
  shutdownVm: { method: "POST", path: "/v1/vms/{id}/shutdown", project: true, empty: false },
  startVm: { method: "POST", path: "/v1/vms/{id}/start", project: true, empty: false },
  stopVm: { method: "POST", path: "/v1/vms/{id}/stop", project: true, empty: false },
  openVmConsole: { method: "GET", path: "/v1/vms/{id}/console", project: true, empty: true },
  getVmStats: { method: "GET", path: "/v1/vms/{id}/stats", project: true, empty: false },
  waitVm: { method: "GET", path: "/v1/vms/{id}/wait", project: true, empty: false },
  cancelOperation: { method: "DELETE", path: "/v1/operations/{id}", project: true, empty: false },
  getOperation: { method: "GET", path: "/v1/operations/{id}", project: true, empty: false },
  listOperations: { method: "GET", path: "/v1/operations", project: true, empty: false },
  waitOperation: { method: "GET", path: "/v1/operations/{id}/wait", project: true, empty: false },
  listHosts: { method: "GET", path: "/v1/hosts", project: true, empty: false },
  getUsage: { method: "GET", path: "/v1/usage", project: true, empty: false },
  getVmStatsHistory: { method: "GET", path: "/v1/vms/{id}/stats/history", project: true, empty: false },
  createProject: { method: "POST", path: "/v1/projects", project: true, empty: false },
  listProjects: { method: "GET", path: "/v1/projects", project: true, empty: false },
  createSignInCode: { method: "POST", path: "/v1/sign-in-codes", project: true, empty: false },
  createTicket: { method: "POST", path: "/v1/tickets", project: true, empty: false },
  createToken: { method: "POST", path: "/v1/tokens", project: true, empty: false },
  listTokens: { method: "GET", path: "/v1/tokens", project: true, empty: false },
  deleteProject: { method: "DELETE", path: "/v1/projects/{id}", project: true, empty: true },
  getProject: { method: "GET", path: "/v1/projects/{id}", project: true, empty: false },
  patchProject: { method: "PATCH", path: "/v1/projects/{id}", project: true, empty: false },
  deleteToken: { method: "DELETE", path: "/v1/tokens/{id}", project: true, empty: true },
  getToken: { method: "GET", path: "/v1/token", project: true, empty: false },
  signIn: { method: "POST", path: "/v1/sign-in", project: false, empty: false },
  createWebhook: { method: "POST", path: "/v1/webhooks", project: true, empty: false },
  listWebhooks: { method: "GET", path: "/v1/webhooks", project: true, empty: false },
  deleteWebhook: { method: "DELETE", path: "/v1/webhooks/{id}", project: true, empty: true },
  getWebhook: { method: "GET", path: "/v1/webhooks/{id}", project: true, empty: false },
  patchWebhook: { method: "PATCH", path: "/v1/webhooks/{id}", project: true, empty: false },
  listWebhookDeliveries: { method: "GET", path: "/v1/webhooks/{id}/deliveries", project: true, empty: false },
  replayWebhookDelivery: { method: "POST", path: "/v1/webhooks/{id}/deliveries/{deliveryId}/replay", project: true, empty: false },
  followEvents: { method: "GET", path: "/v1/events", project: true, empty: false },
  getHealth: { method: "GET", path: "/healthz", project: false, empty: false },
  getMetrics: { method: "GET", path: "/metrics", project: true, empty: false },
  getContract: { method: "GET", path: "/openapi.json", project: false, empty: false },
  getReadiness: { method: "GET", path: "/readyz", project: false, empty: false },
} as const;
