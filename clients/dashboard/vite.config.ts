import { readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const outDir = here("../../dist/dashboard");

/** Once here, instead of by the server at each request. */
const compressedAssets: Plugin = {
  name: "compressed-assets",
  apply: "build",
  async closeBundle() {
    const folder = `${outDir}/assets`;
    const texts = (await readdir(folder)).filter((name) => /\.(js|css)$/.test(name));
    await Promise.all(
      texts.map(async (name) => {
        const text = await readFile(`${folder}/${name}`);
        await writeFile(`${folder}/${name}.gz`, await promisify(gzip)(text, { level: 9 }));
      }),
    );
  },
};

export default defineConfig({
  base: "./",
  build: {
    outDir,
    emptyOutDir: true,
    rolldownOptions: { input: { dashboard: here("index.html"), embed: here("embed.html") } },
  },
  oxc: { jsx: { importSource: "preact" } },
  plugins: [compressedAssets],
});
