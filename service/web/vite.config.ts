import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const SERVICE = process.env.INFLUENCE_SERVER ?? "http://127.0.0.1:8642";

export default defineConfig({
  plugins: [react()],
  // The service replaces it in every answer: styles that a library inserts need it (see src/app/nonce.ts).
  html: { cspNonce: "NONCE" },
  build: { target: "es2023", assetsInlineLimit: 0, chunkSizeWarningLimit: 1200 },
  server: { proxy: { "/v1": SERVICE, "/livez": SERVICE, "/readyz": SERVICE } },
});
