import { packageConfig } from '../tooling/src/tsup-base.js';

export default packageConfig(['src/index.ts', 'src/worker.ts']);
