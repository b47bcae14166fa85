import { nodeRuntime } from './node.js';
import type { Runtime } from './runtime.js';
import { webRuntime } from './web.js';

/** The platform that this thread runs on. */
export const runtime: Runtime = /* @__PURE__ */ thisRuntime();
export type { Runtime } from './runtime.js';

function thisRuntime(): Runtime {
  return nodeRuntime() ?? webRuntime();
}
