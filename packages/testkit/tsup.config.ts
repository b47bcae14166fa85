import type { Options } from 'tsup';
import { packageConfig } from '../tooling/src/tsup-base.js';

const shared = packageConfig([
  'src/index.ts',
  'src/explorer.ts',
  'src/worker-entry.ts',
  'src/watchdog-entry.ts',
]) as Options;

// vitest belongs to the repository, and a second copy of it inside ours would know nothing of the running test.
export default { ...shared, external: ['vitest'] };
