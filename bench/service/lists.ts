/**
 * `npm run bench -- lists [--machines N] [--requests N] [--rate N]`: pages of 100 out of 10,000 machines, first and last, with and without conditions,
 * while machines are being created. Aim: p99 under 50 ms.
 */
import { parseArgs } from "node:util";
import type { Prisma } from "../../src/store/generated/client.js";
import { newId } from "../../src/store/ids.js";
import { host, note } from "../host.js";
import { percentile, table } from "../table.js";
import { Installation } from "./installation.js";

interface Page {
  items: unknown[];
  nextCursor: string | null;
}

const conditions: [title: string, query: string][] = [
  ["all", ""],
  ["of a label", "&label=team%3Dteam-3"],
  ["of a label and a state", "&label=team%3Dteam-3&state=stopped"],
  ["of two labels and two states", "&label=team%3Dteam-3&label=tier&state=stopped,error"],
  ["of a label that few have", "&label=rare"],
];

export async function lists(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      machines: { type: "string", default: "10000" },
      requests: { type: "string", default: "200" },
      rate: { type: "string", default: "10" },
    },
  });
  const installation = await Installation.start();
  try {
    await insertMachines(installation, Number(values.machines));
    // As the database does by itself within a minute; until then it does not know that the index has the order that a page wants.
    await installation.db.$executeRaw`ANALYZE vm`;
    note(`${values.machines} machines are there`);
    const creating = keepCreating(installation, Number(values.rate));
    const pages: [title: string, path: string][] = [];
    for (const [title, query] of conditions) {
      const path = `/v1/vms?limit=100${query}`;
      pages.push([`${title}, first page`, path], [`${title}, last page`, await lastPage(installation, path)]);
    }
    const times = pages.map(() => [] as number[]);
    // In turns, so that a machine whose speed drifts drifts for all of them.
    for (let n = 0; n < Number(values.requests); n++) {
      for (const [i, [, path]] of pages.entries()) {
        const begun = performance.now();
        await installation.get<Page>(path);
        times[i].push(performance.now() - begun);
      }
    }
    const created = await creating();
    const shown = (ms: number) => ms.toFixed(1);
    const rows = pages.map(([title], i) => [title, shown(percentile(times[i], 50)), shown(percentile(times[i], 99))]);
    process.stdout.write(table([["page of 100, milliseconds", "p50", "p99"], ...rows]));
    process.stdout.write(`\n${created} machines were created meanwhile. ${host()}\n`);
    return 0;
  } finally {
    await installation.close();
  }
}

/** Machines that are at rest, so that the worker has nothing to do with them. */
async function insertMachines({ db }: Installation, machines: number): Promise<void> {
  const { id: imageId } = await db.image.findFirstOrThrow({ where: { name: "tiny" } });
  const begun = Date.now() - machines * 1000;
  const rows: Prisma.VmCreateManyInput[] = Array.from({ length: machines }, (_, n) => ({
    id: newId("vm"),
    projectId: "proj_default",
    name: `machine-${n}`,
    state: n % 3 === 0 ? "error" : "stopped",
    desiredState: "stopped",
    imageId,
    memoryMiB: 64,
    labels: { team: `team-${n % 10}`, ...(n % 2 === 0 ? { tier: "web" } : {}), ...(n % 500 === 0 ? { rare: "yes" } : {}) },
    createdAt: new Date(begun + n * 1000),
  }));
  for (let at = 0; at < rows.length; at += 1000) await db.vm.createMany({ data: rows.slice(at, at + 1000) });
}

async function lastPage(installation: Installation, path: string): Promise<string> {
  let at = path;
  for (;;) {
    const { nextCursor } = await installation.get<Page>(at);
    if (nextCursor === null) return at;
    at = `${path}&cursor=${nextCursor}`;
  }
}

/** Creates at a steady pace until the returned function is called, which answers how many. */
function keepCreating(installation: Installation, perSecond: number): () => Promise<number> {
  const requests: Promise<unknown>[] = [];
  const timer = setInterval(() => {
    requests.push(installation.post("/v1/vms", { image: "tiny", memoryMiB: 32, start: false, labels: { team: "team-3" } }));
  }, 1000 / perSecond);
  return async () => {
    clearInterval(timer);
    return (await Promise.all(requests)).length;
  };
}
