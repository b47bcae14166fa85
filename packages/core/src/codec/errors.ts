/** Errors across threads: class, message, stack, cause, own properties. */
import * as threadingErrors from '../errors.js';

type ErrorClass = new (message?: string) => Error;

// Names come from other threads, so that they are looked up where nothing is inherited.
const builtins = new Map<string, ErrorClass>(
  Object.entries({ Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError }),
);

const registered = new Map<string, ErrorClass>();

/** The class that an error of this name gets in this thread; `Error` if nobody knows it. */
export function errorClass(name: string): ErrorClass {
  const known = registered.get(name) ?? builtins.get(name);
  if (known) return known;
  // Its constructor has another form; none is called here.
  if (name === 'AggregateError') return AggregateError as unknown as ErrorClass;
  return Object.hasOwn(threadingErrors, name)
    ? (threadingErrors as Record<string, ErrorClass>)[name]!
    : Error;
}

/** Lets errors of a class of your own keep it between threads; both threads have to register it. */
export function registerErrorClass(errorClassToKeep: ErrorClass): void {
  registered.set(errorClassToKeep.name, errorClassToKeep);
}

/** The name under which the class of an error is looked up on the other side. */
export function errorClassName(error: Error): string {
  return (error.constructor as { name?: string } | undefined)?.name ?? 'Error';
}
