import type { Token } from "@worldswitch/client";
import { useCallback, useEffect, useState } from "preact/hooks";
import { Page } from "../app/page.js";
import { dateAndTime } from "../format/time.js";
import { allOf } from "../live/all-of.js";
import { Confirm } from "../parts/confirm.js";
import { Empty } from "../parts/empty.js";
import { Icon } from "../parts/icon.js";
import { Loading } from "../parts/loading.js";
import { useMay, useSession } from "../session/context.js";
import { CreateToken } from "../tokens/create-token.js";
import "../tokens/tokens.css";

export function TokensPage() {
  const { client, who } = useSession();
  const { administer } = useMay();
  const [tokens, setTokens] = useState<readonly Token[] | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<Token | null>(null);

  const load = useCallback(async () => {
    try {
      setTokens(await allOf(client.tokens.all()));
    } catch (error) {
      setFailure(error);
    }
  }, [client]);
  useEffect(() => void load(), [load]);

  const revoke = async (token: Token) => {
    await client.tokens.revoke(token.id);
    await load();
  };
  const create = administer && (
    <button type="button" class="button primary" onClick={() => setCreating(true)}>
      <Icon name="plus" />
      New token
    </button>
  );
  return (
    <Page title="Tokens" about="Keys to this project, for people and for programs." actions={create}>
      {tokens === null ? (
        <Loading failure={failure} what="The tokens" />
      ) : tokens.length === 0 ? (
        <div class="card">
          <Empty icon="tokens" title="No tokens yet">
            <p>Give a program one of its own: it can be revoked without touching any other.</p>
            {create}
          </Empty>
        </div>
      ) : (
        <div class="card">
          <table class="table tokens">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Role</th>
                <th scope="col" class="wide">
                  Created
                </th>
                <th scope="col" class="wide">
                  Expires
                </th>
                <th scope="col">
                  <span class="unseen">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {tokens.map((token) => (
                <tr key={token.id}>
                  <td>
                    <b>{token.name}</b> {token.id === who.id && <span class="tag">you</span>}
                  </td>
                  <td>{token.installation ? "administrator" : token.role}</td>
                  <td class="wide soft">{dateAndTime(token.createdAt)}</td>
                  <td class="wide soft">{token.expiresAt ? dateAndTime(token.expiresAt) : "never"}</td>
                  <td class="actions">
                    <button
                      type="button"
                      class="button danger small"
                      aria-label={`Revoke ${token.name}`}
                      onClick={() => setRevoking(token)}
                    >
                      Revoke
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {creating && <CreateToken onCreated={() => void load()} onClose={() => setCreating(false)} />}
      {revoking && (
        <Confirm
          title={`Revoke ${revoking.name}?`}
          action="Revoke the token"
          onConfirm={() => revoke(revoking)}
          onClose={() => setRevoking(null)}
        >
          {revoking.id === who.id
            ? "This page is signed in with it: you will be signed out."
            : "Whoever uses it is refused from then on. This cannot be undone."}
        </Confirm>
      )}
    </Page>
  );
}
