import { defineConfig } from "vite";

export default defineConfig({
  build: {
    // Everything is a file of its own: the page's content security policy allows no data: scripts or fonts.
    assetsInlineLimit: 0,
    // Monaco, the editor, is one large library by nature.
    chunkSizeWarningLimit: 8000,
    sourcemap: false,
    target: "es2022",
    rolldownOptions: {
      // "use client" in libraries is for servers that render React; here there is none.
      onLog: (level, log, report) => {
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") report(level, log);
      },
    },
  },
  worker: { format: "es" },
  server: {
    proxy: { "/graphql": { target: "http://127.0.0.1:8000", ws: true } },
  },
});
