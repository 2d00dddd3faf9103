/** What is installed by those who install the package. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

it("holds the clients that its command line is made of, since no registry has them", async () => {
  const { stdout } = await promisify(execFile)("npm", ["pack", "--dry-run", "--ignore-scripts", "--json"], { cwd: root });
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  const paths = files.map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining([
      "bin/worldswitch.js",
      "dist/command/main.js",
      "dist/monitor/build.json",
      "dist/monitor/vmm-thread.js",
      "dist/dashboard/index.html",
      "node_modules/@worldswitch/cli/package.json",
      "node_modules/@worldswitch/cli/dist/main.js",
      "node_modules/@worldswitch/client/package.json",
      "node_modules/@worldswitch/client/dist/index.js",
    ]),
  );
  expect(paths.filter((path) => path.endsWith(".tsbuildinfo"))).toEqual([]);
});
