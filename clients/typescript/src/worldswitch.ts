import { VmConsole } from "./console.js";
import type { ConsoleOptions } from "./console-connection.js";
import type { Event, Routes, Usage } from "./contract.js";
import { type EventsOptions, followEvents } from "./follow.js";
import { Hosts } from "./hosts.js";
import { Images } from "./images.js";
import { Operations } from "./operations.js";
import { Projects } from "./projects.js";
import { settingsOf, type WorldswitchOptions } from "./settings.js";
import { Tokens } from "./tokens.js";
import { type Ask, type RequestOptions, type RouteId, Transport } from "./transport.js";
import { Vms } from "./vms.js";
import { Webhooks } from "./webhooks.js";

/** A Worldswitch service. */
export class Worldswitch {
  readonly vms: Vms;
  readonly images: Images;
  readonly operations: Operations;
  readonly tokens: Tokens;
  readonly projects: Projects;
  readonly hosts: Hosts;
  readonly webhooks: Webhooks;
  private readonly transport: Transport;

  constructor(options: WorldswitchOptions = {}) {
    this.transport = new Transport(settingsOf(options));
    this.operations = new Operations(this.transport);
    this.vms = new Vms(this.transport, this.operations);
    this.images = new Images(this.transport);
    this.tokens = new Tokens(this.transport);
    this.projects = new Projects(this.transport);
    this.hosts = new Hosts(this.transport);
    this.webhooks = new Webhooks(this.transport);
  }

  get url(): string {
    return this.transport.settings.url;
  }

  /** The console of a machine of which only the id is known: where tickets that somebody else makes open it, say. */
  console(vmId: string, options?: ConsoleOptions): VmConsole {
    return new VmConsole(this.transport, vmId, options);
  }

  /** What happens in the project, from now on or from a list's `eventSeq`. */
  events(options?: EventsOptions): AsyncGenerator<Event, void, undefined> {
    return followEvents(this.transport, options);
  }

  /** The newest figures of all machines that run, at once. */
  usage(options: RequestOptions = {}): Promise<Usage> {
    return this.transport.call("getUsage", options);
  }

  /** Any route of the contract, by its operationId. */
  request<Id extends RouteId>(route: Id, ask: Ask<Id>): Promise<Routes[Id]["answer"]> {
    return this.transport.call(route, ask);
  }
}
