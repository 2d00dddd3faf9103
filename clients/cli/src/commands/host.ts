import { command } from "../command.js";
import { printList } from "../printing.js";
import { age } from "../quantities.js";

export const hostCommand = command({
  words: ["host", "list"],
  summary: "list the hosts that machines run on",
  async run({ client, signal, ...printing }) {
    await printList(printing, (await client()).hosts.all({}, { signal }), {
      NAME: ({ name }) => name,
      STATE: ({ alive, heartbeatAt }) => (alive ? "alive" : `silent for ${age(heartbeatAt)}`),
      CPUS: ({ cpus }) => String(cpus),
      MEMORY: ({ memoryMiB }) => `${memoryMiB} MiB`,
      MACHINES: ({ machines }) => String(machines),
      ID: ({ id }) => id,
    });
    return undefined;
  },
});
