/** Errors across threads: class, message, stack, cause, own properties. */
import * as threadingErrors from '../errors.js';

type ErrorClass = new (message?: string) => Error;

const builtins: Record<string, ErrorClass> = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

const registered = new Map<string, ErrorClass>();

/** The class that an error of this name gets in this thread; `Error` if nobody knows it. */
export function errorClass(name: string): ErrorClass {
  const own = (threadingErrors as Record<string, unknown>)[name];
  return registered.get(name) ?? builtins[name] ?? (own as ErrorClass | undefined) ?? Error;
}

/** Lets errors of a class of your own keep it between threads; both threads have to register it. */
export function registerErrorClass(errorClassToKeep: ErrorClass): void {
  registered.set(errorClassToKeep.name, errorClassToKeep);
}

/** The name under which the class of an error is looked up on the other side. */
export function errorClassName(error: Error): string {
  return (error.constructor as { name?: string } | undefined)?.name ?? 'Error';
}
