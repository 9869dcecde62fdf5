// Builds the assets of the interface into the static folder of the `ui` app; django-vite reads the manifest.
import { resolve } from "node:path";
import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  cacheDir: resolve(import.meta.dirname, "node_modules/.vite"),
  publicDir: false,
  css: { transformer: "lightningcss" },
  build: {
    outDir: resolve(import.meta.dirname, "../src/zabota/ui/static/ui/dist"),
    emptyOutDir: true,
    manifest: "manifest.json",
    // A font inside a data: address would be refused by the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: ["chrome111", "firefox113", "safari16.4"],
    cssTarget: ["chrome111", "firefox113", "safari16.4"],
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      input: {
        app: resolve(import.meta.dirname, "src/app.js"),
        charts: resolve(import.meta.dirname, "src/charts.js"),
        portal: resolve(import.meta.dirname, "src/portal.css"),
      },
    },
  },
});
