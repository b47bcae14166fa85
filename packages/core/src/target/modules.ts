/** Functions of modules as targets. */
import { TargetError } from '../errors.js';
import { describe } from '../deadline.js';
import { TARGET, type TargetHolder, type TargetReference, type WorkerFactory } from './reference.js';

/** The functions that a module exports, each as a target. */
export type Targets<M> = {
  readonly [K in keyof M as M[K] extends (...args: never[]) => unknown ? K : never]: M[K];
};

/**
 * Gives the functions that a module exports as targets, without loading the module in this thread.
 * Nothing is evaluated from text, so it works under any content security policy. That the function
 * exists is checked by the type system, and by the thread when it runs.
 *
 * @param module the module's URL; or, for bundlers, a function that starts a worker whose code calls
 * `expose` from `@x/thread/worker`
 * @throws TypeError if it is neither
 * @example
 * ```ts
 * import { targetsFrom } from '@x/core';
 *
 * const paths = targetsFrom<typeof import('node:path')>(new URL('node:path'));
 * console.log(typeof paths.basename);   // function
 * ```
 */
export function targetsFrom<M extends object>(module: URL | WorkerFactory): Targets<M> {
  const factory = typeof module === 'function' ? module : undefined;
  const url = factory ? undefined : urlOf(module);
  const made = new Map<string, unknown>();
  return new Proxy(Object.create(null) as Targets<M>, {
    get(_target, name) {
      // Whoever awaits the result asks for `then`.
      if (typeof name === 'symbol' || name === 'then') return undefined;
      let target = made.get(name);
      if (!target) {
        made.set(
          name,
          (target = makeTarget(
            url === undefined ? { kind: 'exposed', name } : { kind: 'module', name, url },
            factory,
          )),
        );
      }
      return target;
    },
    has: (_target, name) => typeof name === 'string',
    set: () => false,
  });
}

function urlOf(module: unknown): string {
  if (module instanceof URL) return module.href;
  throw new TypeError(
    `targetsFrom needs a URL or a function that starts a worker, got ${describe(module)}; ` +
      "write targetsFrom<typeof import('./jobs.js')>(new URL('./jobs.js', import.meta.url))",
  );
}

function makeTarget(reference: TargetReference, factory: WorkerFactory | undefined): TargetHolder {
  const { name } = reference;
  const target = (): never => {
    throw new TargetError(
      `${name} is a target for another thread and cannot be called here; pass it as target, or import the module itself`,
    );
  };
  Object.defineProperty(target, 'name', { value: name, configurable: true });
  return Object.assign(target, { [TARGET]: { reference, factory } });
}
