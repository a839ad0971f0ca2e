import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// The page and the API are one origin in production; in development the server is a proxy away (its certificate is our own).
const server = process.env['HOLDFAST_URL'] ?? 'https://localhost:8443'
const proxied = { target: server, secure: false, changeOrigin: true, headers: { origin: server } }

export default defineConfig({
  base: '/',
  plugins: [react()],
  build: {
    target: 'es2023',
    sourcemap: false,
    manifest: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  worker: { format: 'es' },
  server: { proxy: { '/api': proxied, '/trust': proxied, '/healthz': proxied } },
})
