import type { Host, HostPage, Routes } from "./contract.js";
import { everyItem } from "./pages.js";
import type { RequestOptions, Transport } from "./transport.js";

/** Where machines run. */
export class Hosts {
  constructor(private readonly transport: Transport) {}

  page(query: Routes["listHosts"]["query"] = {}, options: RequestOptions = {}): Promise<HostPage> {
    return this.transport.call("listHosts", { query, ...options });
  }

  all(query: Routes["listHosts"]["query"] = {}, options: RequestOptions = {}): AsyncGenerator<Host, void, undefined> {
    return everyItem((cursor) => this.page({ limit: 100, ...query, cursor }, options));
  }
}
