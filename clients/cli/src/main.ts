/** Machines of a server from the command line. Gives the exit code. */
export async function main(_args: readonly string[]): Promise<number> {
  process.stderr.write("worldswitch: remote commands are not built yet\n");
  return 2;
}
