import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const page = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export default defineConfig({
  base: "./",
  build: {
    outDir: "../../dist/dashboard",
    emptyOutDir: true,
    rolldownOptions: { input: { dashboard: page("index.html"), embed: page("embed.html") } },
  },
  oxc: { jsx: { importSource: "preact" } },
});
