/** Lint rules for the whole repository; type-aware, over the single program of `tsconfig.all.json`. */
import { fileURLToPath } from 'node:url';
import eslint from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { SEAMED } from './src/package-map.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

/** What the interleaving explorer replaces: sources must take these names from `@x/core/seam`. */
const seamNames = ['Atomics', 'performance', 'setTimeout', 'clearTimeout', 'queueMicrotask'];
const fromSeam = (/** @type {string} */ name) => ({
  name,
  message: `Import ${name} from '@x/core/seam' (in core: './seam.js'), so that the explorer can replace it.`,
});

export default defineConfig(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      'docs/site/**',
      '**/.turbo/**',
      // They run in projects of their own, whose packages are not here.
      'packages/tooling/test/programs/**',
    ],
  },
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { project: ['./tsconfig.all.json'], tsconfigRootDir: here },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // `for (;;)` and `while (true)` are the shape of every lock's slow path.
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      // With `noUncheckedIndexedAccess`, `!` is how an index that an invariant keeps in bounds is written.
      '@typescript-eslint/no-non-null-assertion': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      // The compiler's job, also for JavaScript.
      'no-undef': 'off',
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Deadlines are measured with performance.now().' },
      ],
    },
  },
  {
    name: 'seam',
    files: SEAMED.map((name) => `packages/${name}/src/**/*.ts`),
    ignores: ['packages/core/src/seam.ts'],
    rules: {
      'no-restricted-globals': ['error', ...seamNames.map(fromSeam)],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Deadlines are measured with performance.now().' },
        { object: 'globalThis', property: 'Atomics', message: fromSeam('Atomics').message },
      ],
    },
  },
  {
    // What talks to the platform itself keeps real timers; shared memory stays behind the seam there too.
    name: 'seam-runtime',
    files: ['packages/core/src/runtime/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', fromSeam('Atomics')],
      'no-restricted-properties': 'off',
    },
  },
  {
    name: 'tests',
    files: [
      '**/test/**',
      'docs/examples/**',
      'packages/testkit/**',
      'packages/bench/**',
      'packages/tooling/**',
    ],
    rules: {
      // Tests hand over wrong arguments on purpose and read what a worker sent.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      'no-restricted-properties': 'off',
    },
  },
);
