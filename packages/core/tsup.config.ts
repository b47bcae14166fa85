import { packageConfig } from '../tooling/src/tsup-base.js';

export default packageConfig(['src/index.ts', 'src/seam.ts', 'src/bytes.ts']);
