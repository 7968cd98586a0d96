import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

const src = resolve(import.meta.dirname, 'src');
const out = resolve(import.meta.dirname, 'out');

/** Workspace packages are TypeScript sources: bundled; the rest of node_modules stays outside. */
const WORKSPACE = ['@gumshoe/base', '@gumshoe/engine', '@gumshoe/model', '@gumshoe/schema'];

export default defineConfig({
  main: {
    build: {
      outDir: resolve(out, 'main'),
      externalizeDeps: { exclude: WORKSPACE },
      rollupOptions: { input: { index: resolve(src, 'main/index.ts') } },
    },
  },
  preload: {
    build: {
      outDir: resolve(out, 'preload'),
      externalizeDeps: false,
      rollupOptions: {
        input: { index: resolve(src, 'preload/index.ts') },
        // A sandboxed preload script cannot be a module.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: resolve(src, 'renderer'),
    base: './',
    plugins: [react()],
    resolve: { dedupe: ['react', 'react-dom'] },
    worker: { format: 'es' },
    build: {
      outDir: resolve(out, 'renderer'),
      target: 'chrome130',
      chunkSizeWarningLimit: 4000,
      rollupOptions: { input: resolve(src, 'renderer/index.html') },
    },
  },
});
