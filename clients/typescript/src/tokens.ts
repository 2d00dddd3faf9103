import type { Routes, SignInCode, Token, TokenCreate, TokenCreated, TokenPage } from "./contract.js";
import { everyItem } from "./pages.js";
import type { RequestOptions, Transport } from "./transport.js";

export class Tokens {
  constructor(private readonly transport: Transport) {}

  page(query: Routes["listTokens"]["query"] = {}, options: RequestOptions = {}): Promise<TokenPage> {
    return this.transport.call("listTokens", { query, ...options });
  }

  all(query: Routes["listTokens"]["query"] = {}, options: RequestOptions = {}): AsyncGenerator<Token, void, undefined> {
    return everyItem((cursor) => this.page({ limit: 100, ...query, cursor }, options));
  }

  /** The one that this client shows: who am I. */
  own(options: RequestOptions = {}): Promise<Token> {
    return this.transport.call("getToken", options);
  }

  /** The secret in the answer is shown this once. If the answer got lost, a problem `idempotency_not_replayable` says so. */
  create(fields: TokenCreate, options: RequestOptions = {}): Promise<TokenCreated> {
    return this.transport.call("createToken", { body: fields, ...options });
  }

  revoke(id: string, options: RequestOptions = {}): Promise<undefined> {
    return this.transport.call("deleteToken", { params: { id }, ...options });
  }

  /** A link that signs a browser in to the dashboard, once. */
  signInLink(options: RequestOptions = {}): Promise<SignInCode> {
    return this.transport.call("createSignInCode", options);
  }
}
