import { command } from "../command.js";
import { printLine } from "../printing.js";
import { wholeNumber } from "../quantities.js";
import { printable } from "../table.js";

export const eventsCommand = command({
  words: ["events"],
  summary: "what happens in the project, as it happens",
  options: {
    from: { type: "string", value: "SEQ", summary: "begin behind this event; 0: with all that are kept. Default: now" },
    type: { type: "string", value: "TYPE", summary: "only these, as vm.state; vm. stands for all that begin so" },
    count: { type: "string", short: "n", value: "EVENTS", summary: "end after so many" },
  },
  async run({ client, values, signal, ...printing }) {
    const from = wholeNumber("from", values.from);
    const most = wholeNumber("count", values.count) ?? Number.POSITIVE_INFINITY;
    const { type: wanted = "" } = values;
    const fits = (type: string) => type === wanted || wanted === "" || (wanted.endsWith(".") && type.startsWith(wanted));
    let printed = 0;
    for await (const event of (await client()).events({ from, signal })) {
      if (!fits(event.type)) continue;
      const { time, type, subject, data } = event;
      printLine(printing, event, `${time}  ${printable(`${type.padEnd(16)}  ${subject}  ${summary(data)}`).trimEnd()}\n`);
      if (++printed >= most) break;
    }
    return undefined;
  },
});

/** What is plain in it, in one line. */
function summary(data: Record<string, unknown>): string {
  return Object.entries(data)
    .map(([name, value]) => `${name}=${typeof value === "object" ? JSON.stringify(value) : String(value)}`)
    .join(" ");
}
