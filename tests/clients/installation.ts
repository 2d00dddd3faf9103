/** The real server with the tiny guest as image `tiny`, and a client of it whose connections can be cut. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worldswitch, type WorldswitchOptions } from "@worldswitch/client";
import { Served } from "../service/served.js";
import { CuttingProxy } from "./cutting-proxy.js";

export type Installation = Awaited<ReturnType<typeof startInstallation>>;

export async function startInstallation(env: Record<string, string> = {}) {
  const served = new Served(await mkdtemp(join(tmpdir(), "worldswitch-client-")), "serve", env);
  const end = async () => {
    await served.kill("SIGTERM");
    await rm(served.folder, { recursive: true, force: true });
  };
  try {
    await served.start();
    await served.addImage();
    return withClients(served, await CuttingProxy.to(served.url), end);
  } catch (error) {
    await end();
    throw error;
  }
}

function withClients(served: Served, proxy: CuttingProxy, end: () => Promise<void>) {
  const client = (options: WorldswitchOptions = {}) => new Worldswitch({ url: proxy.url, token: served.token, ...options });
  return {
    served,
    proxy,
    client,
    /** A machine that runs. */
    tiny: (fields: { name?: string } = {}) => client().vms.create({ image: "tiny", memoryMiB: 32, ...fields }),
    /** A token of its own. */
    async token(role: "viewer" | "operator" | "admin", ttlSeconds?: number): Promise<string> {
      return (await client().tokens.create({ name: `a-${role}`, role, ttlSeconds })).secret;
    },
    async close() {
      try {
        // Guests that do not listen would be waited for.
        const running: Promise<unknown>[] = [];
        for await (const vm of client({ url: served.url }).vms.all({ state: "running" })) running.push(vm.stop());
        await Promise.all(running);
      } finally {
        await proxy.close();
        await end();
      }
    },
  };
}
