/** What every primitive that lives in shared memory has in common. */
import { keepInstance } from './codec/instances.js';
import { KIND, type Kind } from './codec/kinds.js';
import type { Member } from './member.js';
import { WAIT_UID_WORD } from './realm/layout.js';
import { claimMemory, UID_WORD, type Memory, type MemoryOptions } from './words.js';

const PLACE = Symbol('place');

/** Options by which a handle says where its primitive is; made by `at`. */
export interface Place extends MemoryOptions {
  /** The memory to attach to. */
  readonly [PLACE]: Memory;
}

/** Constructor options that revive the primitive in existing memory instead of making a new one. */
export function at(memory: Memory, name: string | undefined): Place {
  return { [PLACE]: memory, name };
}

/** Whether constructor options say where the primitive is already. */
export function isPlace(options: MemoryOptions | Place): options is Place {
  return PLACE in options;
}

/**
 * The base class of lock, semaphore and their siblings.
 *
 * @example
 * ```ts no-run
 * class Gate extends Primitive {
 *   constructor(options: { name?: string } | Place = {}) {
 *     super(GATE, options);
 *   }
 *   protected describeState(): string {
 *     return Atomics.load(this.words, OPEN) === 2 ? 'open' : 'shut';
 *   }
 * }
 * const GATE: Kind = registerKind<Gate>(() => ({
 *   ...SHAPE, // number, name, layout version, bytes
 *   module: import.meta.url,
 *   revive: (memory, name) => new Gate(at(memory, name)),
 * }));
 * ```
 */
export abstract class Primitive {
  /** The name given at construction, or the kind and number. */
  readonly name: string;
  /** @internal */
  protected readonly words: Int32Array;
  /** @internal */
  protected readonly member: Member;
  /** @internal */
  readonly memory: Memory;
  /** How this primitive travels; see `Kind`. Declared only: a computed name would keep the class in every bundle. @internal */
  declare readonly [KIND]: Kind;

  /** @internal */
  protected constructor(
    kind: Kind,
    options: MemoryOptions | Place,
    initialise: (words: Int32Array) => void = () => undefined,
    member?: Member,
  ) {
    this.memory = PLACE in options ? options[PLACE] : claimMemory(kind, options, initialise, member);
    this[KIND] = kind;
    this.words = this.memory.words;
    this.member = this.memory.member;
    this.name = options.name ?? `${kind.name}-${this.words[UID_WORD]}`;
    if (PLACE in options) keepInstance(this, this.memory);
  }

  /** The state in brackets, in the way of Python's `repr`: for example `locked owner=MainThread waiters=2`. @internal */
  protected abstract describeState(): string;

  /** How many threads sleep on this primitive, of all threads. For printing: it looks at every thread. @internal */
  protected get sleepers(): number {
    const { realm } = this.member;
    const uid = this.words[UID_WORD]!;
    return realm.ids().filter((id) => realm.words[realm.base(id) + WAIT_UID_WORD] === uid).length;
  }

  /** Kind, name and present state, as Python's `repr` shows them. */
  toString(): string {
    return `<${this[KIND].name} ${this.name} ${this.describeState()}>`;
  }

  /** What `console.log` shows in Node. @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}
