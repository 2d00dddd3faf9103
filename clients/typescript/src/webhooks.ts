import type {
  Routes,
  Webhook,
  WebhookCreate,
  WebhookCreated,
  WebhookDelivery,
  WebhookDeliveryPage,
  WebhookPage,
  WebhookPatch,
} from "./contract.js";
import { everyItem } from "./pages.js";
import type { RequestOptions, Transport } from "./transport.js";

/** Events that are posted to somebody's server. */
export class Webhooks {
  constructor(private readonly transport: Transport) {}

  page(query: Routes["listWebhooks"]["query"] = {}, options: RequestOptions = {}): Promise<WebhookPage> {
    return this.transport.call("listWebhooks", { query, ...options });
  }

  all(query: Routes["listWebhooks"]["query"] = {}, options: RequestOptions = {}): AsyncGenerator<Webhook, void, undefined> {
    return everyItem((cursor) => this.page({ limit: 100, ...query, cursor }, options));
  }

  get(id: string, options: RequestOptions = {}): Promise<Webhook> {
    return this.transport.call("getWebhook", { params: { id }, ...options });
  }

  /** The secret that signs what is posted is in this answer only. */
  create(fields: WebhookCreate, options: RequestOptions = {}): Promise<WebhookCreated> {
    return this.transport.call("createWebhook", { body: fields, ...options });
  }

  update(id: string, changes: WebhookPatch, options: RequestOptions = {}): Promise<Webhook> {
    return this.transport.call("patchWebhook", { params: { id }, body: changes, ...options });
  }

  delete(id: string, options: RequestOptions = {}): Promise<undefined> {
    return this.transport.call("deleteWebhook", { params: { id }, ...options });
  }

  /** What was posted, or is to be. */
  deliveries(id: string, query: Routes["listWebhookDeliveries"]["query"] = {}, options: RequestOptions = {}): Promise<WebhookDeliveryPage> {
    return this.transport.call("listWebhookDeliveries", { params: { id }, query, ...options });
  }

  /** Posts it once more. */
  replay(id: string, deliveryId: string, options: RequestOptions = {}): Promise<WebhookDelivery> {
    return this.transport.call("replayWebhookDelivery", { params: { id, deliveryId }, ...options });
  }
}
