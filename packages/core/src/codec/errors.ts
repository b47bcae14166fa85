/** Errors across threads: class, message, stack, cause, own properties. */
import {
  AbandonedError,
  BlockingNotAllowedError,
  BrokenBarrierError,
  BrokenExecutorError,
  CancelledError,
  DeadlockError,
  InvalidStateError,
  LayoutError,
  NotHeldError,
  QueueEmptyError,
  QueueFullError,
  QueueShutDownError,
  ShutdownError,
  TargetError,
  ThreadStateError,
  ThreadingError,
  TimeoutError,
  TransferError,
} from '../errors.js';

type ErrorClass = new (message?: string) => Error;

const registered = new Map<string, ErrorClass>();

/** The classes that every thread knows. Made when first needed, so that an import costs less. */
let known: Map<string, ErrorClass> | undefined;

function knownClasses(): Map<string, ErrorClass> {
  // By the name in the prototype: that of the class itself does not survive minifiers.
  const classes = [
    Error,
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    URIError,
    AbandonedError,
    BlockingNotAllowedError,
    BrokenBarrierError,
    BrokenExecutorError,
    CancelledError,
    DeadlockError,
    InvalidStateError,
    LayoutError,
    NotHeldError,
    QueueEmptyError,
    QueueFullError,
    QueueShutDownError,
    ShutdownError,
    TargetError,
    ThreadStateError,
    ThreadingError,
    TimeoutError,
    TransferError,
  ];
  known = new Map(classes.map((each) => [each.prototype.name, each]));
  // Its constructor has another form; none is called here.
  known.set('AggregateError', AggregateError as unknown as ErrorClass);
  return known;
}

/** The class that an error of this name gets in this thread; `Error` if nobody knows it. */
export function errorClass(name: string): ErrorClass {
  return registered.get(name) ?? (known ?? knownClasses()).get(name) ?? Error;
}

/**
 * Lets errors of a class of your own keep it between threads; both threads have to register it.
 *
 * @example
 * ```ts
 * import { fromShared, registerErrorClass, toShared } from '@x/core';
 *
 * class ParseError extends Error {
 *   override name = 'ParseError';
 * }
 * registerErrorClass(ParseError);
 *
 * const arrived = structuredClone(toShared(new ParseError('line 3'))); // what postMessage does
 * console.log(fromShared(arrived) instanceof ParseError);   // true
 * ```
 */
export function registerErrorClass(errorClassToKeep: new (message?: string) => Error): void {
  registered.set(errorClassToKeep.name, errorClassToKeep);
}

/** The name under which the class of an error is looked up on the other side. */
export function errorClassName(error: Error): string {
  const { name } = (error.constructor as { name?: unknown } | undefined) ?? {};
  // A static member of that name is anything.
  return typeof name === 'string' ? name : 'Error';
}
