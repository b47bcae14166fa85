/**
 * One hierarchy of errors for all packages. Each class has an explicit `name` (it survives
 * minifiers) and a stable `code` (it survives two copies of this module, where `instanceof` fails).
 * The name is a getter and not a static block, so that bundlers can leave out the classes nobody uses.
 */

/** The base of every error that the packages throw themselves. */
export class ThreadingError extends Error {
  /** A stable identifier, for programs; the message is for people and may change. */
  readonly code: string = 'ERR_THREADING';

  /** Name of the class; it survives minifiers. */
  override get name(): string {
    return 'ThreadingError';
  }
}

/** A release, wait or notify by someone who does not hold the lock. Python: `RuntimeError`. */
export class NotHeldError extends ThreadingError {
  override readonly code = 'ERR_NOT_HELD';
  override get name(): string {
    return 'NotHeldError';
  }
}

/**
 * A thread operation in the wrong state: started twice, joined before its start or by itself.
 * Python: `RuntimeError`.
 */
export class ThreadStateError extends ThreadingError {
  override readonly code = 'ERR_THREAD_STATE';
  override get name(): string {
    return 'ThreadStateError';
  }
}

/** Waiting would close a cycle of threads that wait for each other. Python has no counterpart; there it hangs. */
export class DeadlockError extends ThreadingError {
  override readonly code = 'ERR_DEADLOCK';
  override get name(): string {
    return 'DeadlockError';
  }
}

/** The thread that held the lock died. Call `recover()`, repair the data, then release. */
export class AbandonedError extends ThreadingError {
  override readonly code = 'ERR_ABANDONED';
  override get name(): string {
    return 'AbandonedError';
  }
}

/**
 * The barrier was aborted or reset, or one of its parties left.
 * Python: [`threading.BrokenBarrierError`](https://docs.python.org/3/library/threading.html#threading.BrokenBarrierError).
 */
export class BrokenBarrierError extends ThreadingError {
  override readonly code = 'ERR_BROKEN_BARRIER';
  override get name(): string {
    return 'BrokenBarrierError';
  }
}

/** A wait was needed where this thread may not block, such as a browser's window. Use the async form. */
export class BlockingNotAllowedError extends ThreadingError {
  override readonly code = 'ERR_BLOCKING_NOT_ALLOWED';
  override get name(): string {
    return 'BlockingNotAllowedError';
  }
}

/** The time given for a wait or a task is over. Python: `TimeoutError`. */
export class TimeoutError extends ThreadingError {
  override readonly code = 'ERR_TIMEOUT';
  override get name(): string {
    return 'TimeoutError';
  }
}

/**
 * The future was cancelled.
 * Python: [`concurrent.futures.CancelledError`](https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.CancelledError).
 */
export class CancelledError extends ThreadingError {
  override readonly code = 'ERR_CANCELLED';
  override get name(): string {
    return 'CancelledError';
  }
}

/**
 * The future is not in a state that allows this.
 * Python: [`concurrent.futures.InvalidStateError`](https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.InvalidStateError).
 */
export class InvalidStateError extends ThreadingError {
  override readonly code = 'ERR_INVALID_STATE';
  override get name(): string {
    return 'InvalidStateError';
  }
}

/** A worker of the pool died or could not start; `cause` says why. Python: `BrokenThreadPool`. */
export class BrokenExecutorError extends ThreadingError {
  override readonly code = 'ERR_BROKEN_EXECUTOR';
  override get name(): string {
    return 'BrokenExecutorError';
  }
}

/** The executor takes no more tasks. Python: `RuntimeError`. */
export class ShutdownError extends ThreadingError {
  override readonly code = 'ERR_SHUTDOWN';
  override get name(): string {
    return 'ShutdownError';
  }
}

/** The target cannot run in another thread: it uses an outside variable, or its module or export is not there. */
export class TargetError extends ThreadingError {
  override readonly code = 'ERR_TARGET';
  override get name(): string {
    return 'TargetError';
  }
}

/** A value cannot travel to another thread; the message names it by its path. Python: `PicklingError`. */
export class TransferError extends ThreadingError {
  override readonly code = 'ERR_TRANSFER';
  override get name(): string {
    return 'TransferError';
  }
}

/** Memory or a message that holds something else, another version, or is damaged. */
export class LayoutError extends ThreadingError {
  override readonly code = 'ERR_LAYOUT';
  override get name(): string {
    return 'LayoutError';
  }
}

/** Nothing was in the queue, or nothing came in time. Python: [`queue.Empty`](https://docs.python.org/3/library/queue.html#queue.Empty). */
export class QueueEmptyError extends ThreadingError {
  override readonly code = 'ERR_QUEUE_EMPTY';
  override get name(): string {
    return 'QueueEmptyError';
  }
}

/** The queue had no room, or none became free in time. Python: [`queue.Full`](https://docs.python.org/3/library/queue.html#queue.Full). */
export class QueueFullError extends ThreadingError {
  override readonly code = 'ERR_QUEUE_FULL';
  override get name(): string {
    return 'QueueFullError';
  }
}

/** The queue has been shut down: nothing can be put, or got any more. Python: [`queue.ShutDown`](https://docs.python.org/3/library/queue.html#queue.ShutDown). */
export class QueueShutDownError extends ThreadingError {
  override readonly code = 'ERR_QUEUE_SHUT_DOWN';
  override get name(): string {
    return 'QueueShutDownError';
  }
}
