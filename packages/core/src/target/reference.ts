/** What names a function to another thread. */
import { describe } from '../deadline.js';

/** Property of a target that was made by `targetsFrom`; holds its reference. */
export const TARGET: unique symbol = Symbol.for('@x/core:target') as never;

/** A self-contained function: its source text travels. */
export interface SourceReference {
  /** Tells the three apart. */
  readonly kind: 'source';
  /** Name of the function; empty if it has none. */
  readonly name: string;
  /** The function's own text. */
  readonly source: string;
  /** The file it was written in; `import()` resolves against it. */
  readonly url: string;
  /** Whether it was written in strict mode, and runs in it. */
  readonly strict: boolean;
  /** Where line 1, column 1 of it stands in the file, both from 0; a thread that is not told looks for itself. */
  readonly position?: { readonly line: number; readonly column: number };
}

/** A function that a module exports; the other thread imports the module. */
export interface ModuleReference {
  /** Tells the three apart. */
  readonly kind: 'module';
  /** Name under which the module exports it. */
  readonly name: string;
  /** The module. */
  readonly url: string;
}

/** A function of a worker of the user's own, which calls `expose`. */
export interface ExposedReference {
  /** Tells the three apart. */
  readonly kind: 'exposed';
  /** Name under which the worker exposes it. */
  readonly name: string;
}

/** A function that runs in another thread, as data that structured clone carries. */
export type TargetReference = SourceReference | ModuleReference | ExposedReference;

/** Starts the worker whose functions it names; see `targetsFrom`. */
export type WorkerFactory = () => unknown;

/** A target made by `targetsFrom`. */
export interface TargetHolder {
  /** The reference, and how to start the worker that it names, if the user said how. */
  readonly [TARGET]: { readonly reference: TargetReference; readonly factory: WorkerFactory | undefined };
}

/** The reference that a target of `targetsFrom` carries, or undefined for any other value. */
export function heldReference(target: unknown): TargetHolder[typeof TARGET] | undefined {
  const isObject = (typeof target === 'object' || typeof target === 'function') && target !== null;
  return isObject ? (target as Partial<TargetHolder>)[TARGET] : undefined;
}

/** Whether a value that came from somewhere else is a reference. */
export function isTargetReference(value: unknown): value is TargetReference {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, name, url, source } = value as Partial<SourceReference>;
  if (typeof name !== 'string') return false;
  if ((kind as string) === 'exposed') return true;
  if (typeof url !== 'string') return false;
  return (kind as string) === 'module' || (kind === 'source' && typeof source === 'string');
}

/** Throws `TypeError` for what is neither a function nor a target of `targetsFrom`. */
export function checkTarget(target: unknown, what: string): void {
  if (typeof target === 'function' || heldReference(target)) return;
  throw new TypeError(`${what} must be a function or come from targetsFrom(), got ${describe(target)}`);
}
