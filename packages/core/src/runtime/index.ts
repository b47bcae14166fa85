import { nodeRuntime } from './node.js';
import type { Runtime } from './runtime.js';
import { webRuntime } from './web.js';

/** The platform that this thread runs on. */
export const runtime: Runtime = /* @__PURE__ */ thisPlatform();
export type { Runtime } from './runtime.js';

function thisPlatform(): Runtime {
  return nodeRuntime() ?? webRuntime();
}
