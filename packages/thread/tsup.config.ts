import { packageConfig } from '../tooling/src/tsup-base.js';

// What a thread's worker runs is one script, and that of a worker of the user's own one file, with copies of what has no
// state: every further file would make each thread start later, and all but the API is what they need.
export default packageConfig(
  ['src/index.ts', 'src/worker.ts', 'src/entry.ts', 'src/rehearsal.ts'],
  {
    entry: 'src/index.ts',
    copied: [
      'src/code.ts',
      'src/delay.ts',
      'src/kinds.ts',
      'src/messages.ts',
      'src/output.ts',
      'src/platform.ts',
      'src/self.ts',
      'src/uncaught.ts',
    ],
  },
  { source: 'src/boot.ts', file: 'dist/boot.js' },
);
