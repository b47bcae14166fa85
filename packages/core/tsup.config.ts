import { packageConfig } from '../tooling/src/tsup-base.js';

export default packageConfig(['src/index.ts', 'src/primitives.ts', 'src/bytes.ts', 'src/seam.ts'], {
  entry: 'src/primitives.ts',
  copied: [
    'src/realm/layout.ts',
    'src/codec/wire.ts',
    'src/codec/own.ts',
    'src/codec/depth.ts',
    'src/codec/paths.ts',
    'src/codec/brands.ts',
    'src/runtime/builtins.ts',
  ],
});
