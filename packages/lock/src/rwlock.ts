/** `RWLock`: many readers or one writer. The algorithm and its invariants are in readers.ts and mutex.ts. */
import { at, FLAGS_WORD, Primitive, registerKind, type Place, type Kind } from '@x/core/primitives';
import { Atomics } from '@x/core/seam';
import type { LockOptions } from './lock.js';
import { ABANDONED_BIT, DETECT_BIT, ownerOf, STATE_WORD } from './mutex.js';
import { ReadLock } from './read-lock.js';
import { readers, RWLOCK_BYTES } from './readers.js';
import { WriteLock } from './write-lock.js';

/**
 * Lets any number of threads read at once, or one write. Python's standard library has no counterpart.
 *
 * It has two sides, `read` and `write`, each with the methods of a lock. What a writer wrote before it
 * released is visible to all who acquire either side afterwards.
 *
 * Fairness: nobody starves. New readers wait while a writer waits, and a writer that releases lets in all
 * who wait to read before the next writer. Between writers it is as with `Lock`.
 *
 * Not re-entrant: a thread that holds one side and acquires either again may wait for itself. Where that is
 * certain, and with `detectDeadlock` also where other threads are in between, it throws `DeadlockError`.
 *
 * Readers that end or die with the lock held are forgotten; a writer that does so leaves it abandoned, and every
 * acquire throws `AbandonedError` until someone calls `write.recover()`. Up to 256 living threads may read.
 *
 * @example
 * ```ts
 * import { RWLock } from '@x/lock';
 *
 * const lock = new RWLock();
 * const settings = new Map([['colour', 'red']]);
 * lock.write.with(() => settings.set('colour', 'blue'));
 * console.log(lock.read.with(() => settings.get('colour')));   // blue
 * ```
 */
export class RWLock extends Primitive {
  /** Bytes that an `RWLock` needs in a buffer of yours. */
  static readonly BYTES: number = RWLOCK_BYTES;

  /** The side for readers. */
  readonly read: ReadLock;
  /** The side for writers. */
  readonly write: WriteLock;

  /**
   * Makes a free lock, or attaches to the one that is in `buffer` already.
   *
   * @throws LayoutError if the memory is misaligned, too small, or holds something else
   */
  constructor(options: LockOptions | Place = {}) {
    super(RWLOCK_KIND, options, (words) => {
      if ('detectDeadlock' in options && options.detectDeadlock === true) words[FLAGS_WORD] = DETECT_BIT;
    });
    this.read = new ReadLock(this, this.memory);
    this.write = new WriteLock(this, this.memory, () => this.read.poke());
  }

  /** @internal */
  protected describeState(): string {
    const reading = readers(this.words).length;
    const owner = ownerOf(this.words);
    const { realm } = this.member;
    const name = owner === undefined ? '' : ` owner=${realm.name(owner) ?? owner}`;
    let state = owner === undefined ? 'unlocked' : `writing${name}`;
    if ((Atomics.load(this.words, STATE_WORD) & ABANDONED_BIT) !== 0) state = `abandoned${name}`;
    else if (reading > 0) state = `reading readers=${reading}`;
    return `${state} waiters=${this.sleepers + this.read.waiting + this.write.waiting}`;
  }
}

/** How it travels; see `Kind`. @internal */
export const RWLOCK_KIND: Kind = /* @__PURE__ */ registerKind<RWLock>(() => ({
  kind: 4,
  name: 'RWLock',
  version: 1,
  bytes: RWLOCK_BYTES,
  module: import.meta.url,
  revive: (memory, name) => new RWLock(at(memory, name)),
}));
