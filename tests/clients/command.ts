/** The command line in this process, as somebody with a shell has it. */
import { Readable, Writable } from "node:stream";
import { main } from "@worldswitch/cli";

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

interface Circumstances {
  env?: Record<string, string>;
  stdin?: string;
  /** Whether somebody looks at standard error. */
  terminal?: boolean;
}

export async function worldswitch(args: string[], { env = {}, stdin = "", terminal = false }: Circumstances = {}): Promise<Outcome> {
  const [stdout, stderr] = [new Kept(), new Kept()];
  const code = await main(args, {
    env,
    stdin: Readable.from([Buffer.from(stdin)]),
    stdout,
    stderr: Object.assign(stderr, { isTTY: terminal }),
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

class Kept extends Writable {
  private parts: Buffer[] = [];

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    this.parts.push(bytes);
    done();
  }

  get text(): string {
    return Buffer.concat(this.parts).toString();
  }
}
