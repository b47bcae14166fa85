/** From a reference to the function, in the thread that runs it. */
import { TargetError } from '../errors.js';
import { importModule, loadModuleNow } from '../runtime/modules.js';
import { compileSource } from './compile.js';
import { isTargetReference, type ModuleReference, type TargetReference } from './reference.js';

/** A target in the thread in which it runs. */
export type Resolved = (...args: unknown[]) => unknown;

const loaded = new Map<string, Record<string, unknown>>();
let exposed: Record<string, unknown> | undefined;

/** Makes the functions of a module the targets of this worker; see `expose` in `@x/thread/worker`. */
export function exposeTargets(functions: object): void {
  exposed = functions as Record<string, unknown>;
}

/**
 * The function that a reference names; imports its module if need be.
 *
 * @param load how; `loadModule` is faster where nothing else is being imported
 * @throws (rejects) TargetError if the module cannot be loaded or does not export that function;
 * its `cause` is the module's own error
 */
export async function resolveTarget(reference: TargetReference, load = importModule): Promise<Resolved> {
  check(reference);
  if (reference.kind !== 'module') return resolveTargetNow(reference);
  let namespace = loaded.get(reference.url);
  if (!namespace) {
    try {
      namespace = await load(reference.url);
    } catch (cause) {
      throw notLoaded(reference, cause);
    }
    loaded.set(reference.url, namespace);
  }
  return exported(namespace, reference.name, reference.url);
}

/**
 * The function that a reference names, without waiting. A module that this thread has not loaded yet
 * is loaded where the platform can do that at once: Node from 20.19 on, unless the module awaits at
 * its top level.
 *
 * @throws TargetError if that cannot be, or if the module does not export that function
 */
export function resolveTargetNow(reference: TargetReference): Resolved {
  check(reference);
  if (reference.kind === 'source') return compileSource(reference);
  if (reference.kind === 'exposed') {
    if (exposed) return exported(exposed, reference.name, 'what this worker exposes');
    throw new TargetError(
      `this thread does not expose ${reference.name}; call expose() from @x/thread/worker in it`,
    );
  }
  let namespace = loaded.get(reference.url);
  if (!namespace) {
    try {
      namespace = loadModuleNow(reference.url);
    } catch (cause) {
      throw notLoaded(reference, cause);
    }
    if (!namespace) {
      throw new TargetError(
        `${reference.url} is not loaded in this thread and cannot be loaded without waiting; import it in this thread before`,
      );
    }
    loaded.set(reference.url, namespace);
  }
  return exported(namespace, reference.name, reference.url);
}

function check(reference: unknown): void {
  if (!isTargetReference(reference))
    throw new TargetError('this is not a reference to a target; make one with captureTarget');
}

function notLoaded(reference: ModuleReference, cause: unknown): TargetError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TargetError(
    `the module of ${reference.name} cannot be loaded: ${reason}; check ${reference.url}`,
    { cause },
  );
}

function exported(namespace: Record<string, unknown>, name: string, where: string): Resolved {
  const found = namespace[name];
  if (typeof found === 'function') return found as Resolved;
  const what = name in namespace ? 'is not a function' : 'is not there';
  throw new TargetError(`the export ${name} of ${where} ${what}; export a function of that name`);
}
