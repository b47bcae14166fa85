/** Finding the file in which the user wrote something, from the call stack. */
import { baseUrl, urlOfFrame } from '../runtime/compile.js';

/** Enough to get past our own frames and those of a wrapper or two. */
const FRAMES = 40;

/**
 * The URL of the file that called into our packages.
 *
 * @param above a function of the public interface that is being called: only frames above it count,
 * which works in bundles, too, where our code and the user's share a file
 */
export function callerUrl(above?: (...args: never[]) => unknown): string {
  const frames = (above && filesAbove(above)) ?? filesAbove(callerUrl) ?? [];
  for (const file of frames) {
    const url = urlOfFrame(file);
    if (url !== undefined && !isOwn(url)) return url;
  }
  return baseUrl();
}

type Callable = (...args: never[]) => unknown;

function isOwn(url: string): boolean {
  // The folder of this package's siblings in the monorepo; meaningless, and harmless, in a bundle.
  const siblings = new URL('../../', import.meta.url).href;
  const inside = url.startsWith(siblings) ? url.slice(siblings.length) : undefined;
  if (inside !== undefined && /^[a-z]+\/(?:dist|src)\//.test(inside)) return true;
  return /\/node_modules\/@x\/[a-z]+\/dist\//.test(url);
}

/** The files of the frames above a function, or undefined if it is not on the stack. */
function filesAbove(above: Callable): string[] | undefined {
  // With Node's `--frozen-intrinsics`, for one, stacks are as they are.
  if (Object.isFrozen(Error)) return filesInText(new Error().stack ?? '');
  const { stackTraceLimit } = Error;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- only put back
  const { prepareStackTrace } = Error;
  try {
    Error.stackTraceLimit = FRAMES;
    // Whatever the user or a source-map library has put here shows other files than those that were loaded.
    Error.prepareStackTrace = (_error, sites) =>
      sites.map((site) => site.getFileName() ?? (site.isEval() ? site.getEvalOrigin() : undefined) ?? '');
    const holder: { stack?: unknown } = {};
    if (typeof Error.captureStackTrace !== 'function') return filesInText(new Error().stack ?? '');
    Error.captureStackTrace(holder, above);
    const files = holder.stack as string[];
    return files.length > 0 ? files : undefined;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    Error.prepareStackTrace = prepareStackTrace;
  }
}

/** Where stacks are text only: the URLs in it, innermost frame first. */
function filesInText(stack: string): string[] {
  return [...stack.matchAll(/((?:file|https?|blob):[^\s)]+?)(?::\d+){1,2}\)?$/gm)].map((match) => match[1]!);
}
