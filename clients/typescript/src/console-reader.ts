import type { VmConsole } from "./console.js";

/** Bytes that wait for a reader before the console leaves, to come back for the rest when they are taken. */
const readAheadBytes = 1024 * 1024;

/** Who holds a console back because it reads more slowly than bytes come. */
export interface Holding {
  hold(reader: object): void;
  release(reader: object): void;
}

/** The bytes that come to the console from now on. */
export function consoleReader(console: VmConsole, holding: Holding): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = {};
  const stops: (() => void)[] = [];
  const finish = (controller: ReadableStreamDefaultController) =>
    console.closed.then(
      () => controller.close(),
      (error: unknown) => controller.error(error),
    );
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(controller) {
        if (console.over) return finish(controller);
        stops.push(
          console.on("end", () => void finish(controller)),
          console.on("data", (bytes) => {
            controller.enqueue(bytes);
            if ((controller.desiredSize ?? 0) <= 0) holding.hold(reader);
          }),
        );
      },
      pull: () => holding.release(reader),
      cancel() {
        for (const stop of stops) stop();
        holding.release(reader);
      },
    },
    { highWaterMark: readAheadBytes, size: (chunk) => chunk.byteLength },
  );
}
