import { packageConfig } from '../tooling/src/tsup-base.js';

// A worker's file, and that of a worker of the user's own, are one file each and bring copies of what has no state:
// every further file would make each thread start later, and all but the API is what they need.
export default packageConfig(['src/index.ts', 'src/worker.ts', 'src/entry.ts'], {
  entry: 'src/index.ts',
  copied: [
    'src/delay.ts',
    'src/kinds.ts',
    'src/messages.ts',
    'src/output.ts',
    'src/platform.ts',
    'src/self.ts',
    'src/uncaught.ts',
  ],
});
