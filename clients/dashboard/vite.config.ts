import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: { outDir: "../../dist/dashboard", emptyOutDir: true },
  oxc: { jsx: { importSource: "preact" } },
});
