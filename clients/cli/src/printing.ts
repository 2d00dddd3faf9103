/** The two ways of printing: for programs, and for people. */
import type { Invocation, OptionSpecs } from "./command.js";
import { table } from "./table.js";

type Printing = Pick<Invocation<OptionSpecs>, "io" | "json">;

/** One document, or what people read of it. */
export function print({ io, json }: Printing, document: unknown, text: string): void {
  io.stdout.write(json ? `${JSON.stringify(document, null, 2)}\n` : text);
}

/** One of many that come in time. */
export function printLine({ io, json }: Printing, document: unknown, text: string): void {
  io.stdout.write(json ? `${JSON.stringify(document)}\n` : text);
}

/** A list to its end. */
export async function printList<T>(
  printing: Printing,
  items: AsyncIterable<T>,
  columns: Record<string, (item: T) => string>,
  document: (item: T) => unknown = (item) => item,
): Promise<void> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  const rows = all.map((item) => Object.values(columns).map((cell) => cell(item)));
  print(printing, all.map(document), table(Object.keys(columns), rows));
}
