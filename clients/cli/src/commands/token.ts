/** Who may do what. */
import { command } from "../command.js";
import { print, printList } from "../printing.js";
import { age, secondsOf } from "../quantities.js";
import { tokenId } from "../references.js";
import { UsageError } from "../usage-error.js";

const roles = ["viewer", "operator", "admin"] as const;

const create = command({
  words: ["token", "create"],
  summary: "create a token, and print its secret this once",
  operands: [{ name: "NAME", kind: "text" }],
  options: {
    role: { type: "string", choices: roles, summary: "what it may do; default operator" },
    ttl: { type: "string", value: "TIME", summary: "refused after this time: 90, 15m, 2h, 7d; default: never" },
  },
  async run({ client, operands: [name], values, io, signal, json }) {
    const role = roles.find((each) => each === (values.role ?? "operator"));
    if (role === undefined) throw new UsageError(`--role is one of ${roles.join(", ")}`);
    const ttlSeconds = secondsOf("ttl", values.ttl);
    const token = await (await client()).tokens.create({ name, role, ttlSeconds }, { signal });
    // The secret alone, so that it can be kept by a redirection.
    print({ io, json }, token, `${token.secret}\n`);
    return undefined;
  },
});

const list = command({
  words: ["token", "list"],
  summary: "list the project's tokens",
  async run({ client, signal, ...printing }) {
    await printList(printing, (await client()).tokens.all({}, { signal }), {
      NAME: ({ name }) => name,
      ROLE: ({ role, installation }) => (installation ? `${role} of all` : role),
      AGE: ({ createdAt }) => age(createdAt),
      EXPIRES: ({ expiresAt }) => expiresAt ?? "never",
      ID: ({ id }) => id,
    });
    return undefined;
  },
});

const revoke = command({
  words: ["token", "revoke"],
  summary: "revoke a token: it opens nothing any more",
  operands: [{ name: "TOKEN", kind: "token" }],
  async run({ client, operands: [reference], signal }) {
    const service = await client();
    await service.tokens.revoke(await tokenId(service, reference, signal), { signal });
    return undefined;
  },
});

export const tokenCommands = [create, list, revoke];
