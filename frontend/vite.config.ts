import { fileURLToPath } from "node:url";
import preact from "@preact/preset-vite";
import { defineConfig } from "vite";
import { notices } from "./notices.ts";

// Built files keep their names, so that a change of the page changes few files of the package.
export default defineConfig({
  plugins: [preact(), notices()],
  base: "/",
  resolve: { alias: { zarrita: fileURLToPath(new URL("no_zarr.ts", import.meta.url)) } },
  build: {
    outDir: "../src/iceball/web/static",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "[name].js",
        assetFileNames: "[name][extname]",
      },
    },
  },
});
