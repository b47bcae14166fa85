import { defineConfig } from 'tsup';

// File by file, without bundling: rows, workers and peers' worker files are loaded by path.
export default defineConfig({
  entry: ['src/**/*.ts'],
  bundle: false,
  format: 'esm',
  target: 'es2022',
  clean: true,
  silent: true,
});
