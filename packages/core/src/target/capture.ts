/** From a function to a reference. */
import { TargetError } from '../errors.js';
import { callerUrl } from './call-site.js';
import { placed } from './compile.js';
import { checkTarget, heldReference, type TargetReference } from './reference.js';

/** A function may be submitted a million times; its text is taken and checked once. */
const captured = new WeakMap<object, TargetReference>();

/** How a function is captured. */
export interface CaptureOptions {
  /** The public function or class that the user called: the function was written in the file that called it. */
  readonly above?: ((...args: never[]) => unknown) | (new (...args: never[]) => unknown) | undefined;
  /** How messages call the function. Default: `target`. */
  readonly what?: string | undefined;
}

/**
 * Makes the reference by which a function, or a target of `targetsFrom`, runs in another thread.
 * What is wrong with the text itself is found here, where the user's mistake is.
 *
 * @throws TypeError if it is neither; TargetError if its text cannot stand alone: native and bound
 * functions, classes, methods with private or computed names. One that uses `super` throws it when it gets there
 */
export function captureTarget(target: unknown, options: CaptureOptions = {}): TargetReference {
  const { what = 'target' } = options;
  checkTarget(target, what);
  const held = heldReference(target);
  if (held) return held.reference;
  const fn = target as (...args: never[]) => unknown;
  const known = captured.get(fn);
  if (known) return known;
  const source = Function.prototype.toString.call(fn);
  if (/\{\s*\[native code\]\s*\}\s*$/.test(source)) {
    throw new TargetError(
      `${what} is a native or bound function${fn.name ? ` (${fn.name})` : ''}, which has no source that could travel; ` +
        'wrap it in a function of your own, and pass what was bound in args',
    );
  }
  if (/^class\b/.test(source)) {
    throw new TargetError(
      `${what} is a class (${fn.name}), which cannot be called; pass a function that makes an instance`,
    );
  }
  // Throws where the text cannot stand alone.
  const reference = placed({
    kind: 'source',
    // Static members of that name, for one, are anything.
    name: typeof fn.name === 'string' ? fn.name : '',
    source,
    url: callerUrl(options.above as ((...args: never[]) => unknown) | undefined),
    strict: isStrict(fn),
  });
  captured.set(fn, reference);
  return reference;
}

/** Only of a sloppy function may `arguments` be read. Of arrows and methods it cannot be told; there strict is right in modules. */
function isStrict(fn: object): boolean {
  try {
    Reflect.get(fn, 'arguments');
    return false;
  } catch {
    return true;
  }
}
