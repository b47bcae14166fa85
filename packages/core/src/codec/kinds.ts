/**
 * The registry of kinds: how each kind of primitive becomes a handle and comes back from one.
 *
 * It hangs on a `Symbol.for` key, so that a lock of one copy of `@x/lock` is known to the codec of
 * another copy of `@x/core`.
 */
import { LayoutError } from '../errors.js';
import type { Memory, MemoryShape } from '../words.js';

/** Property of a primitive that holds its `Kind`. */
export const KIND: unique symbol = Symbol.for('@x/core:kind') as never;

/** How primitives of one kind travel. */
export interface Kind<P extends object = object> extends MemoryShape {
  /** URL of the module whose evaluation registers the kind; a thread without it can import it. */
  readonly module: string;
  /** What the handle carries besides the memory: any value that can travel. */
  readonly extra?: ((primitive: P) => unknown) | undefined;
  /**
   * For a kind without memory, which has 0 `bytes`: makes, or finds, this thread's object from `extra`
   * alone. `revive` is not called then.
   */
  readonly make?: ((extra: unknown) => P) | undefined;
  /** Makes this thread's object for the primitive. */
  revive(memory: Memory, name: string | undefined, extra: unknown): P;
}

const KINDS_KEY: unique symbol = Symbol.for('@x/core:kinds') as never;

function registry(): Map<number, Kind> {
  const holder = globalThis as unknown as { [KINDS_KEY]: Map<number, Kind> | undefined };
  return (holder[KINDS_KEY] ??= new Map<number, Kind>());
}

/**
 * Registers a kind; the first copy of a package in a thread wins. Returns the kind.
 *
 * A library marks the call as pure: then bundlers leave out the kinds of those classes that nobody uses.
 *
 * @param describe called once; a function, since some bundlers would keep `import.meta.url` as an argument
 * @throws LayoutError if the number is taken by a kind of another name
 * @example
 * ```ts no-run
 * const GATE = registerKind<Gate>(() => ({
 *   ...SHAPE, // number, name, layout version, bytes
 *   module: import.meta.url,
 *   revive: (memory, name) => new Gate(at(memory, name)),
 * }));
 * ```
 */
export function registerKind<P extends object>(describe: () => Kind<P>): Kind {
  // The registry hands a primitive only to the functions of its own kind.
  const kind = describe() as unknown as Kind;
  const known = registry().get(kind.kind);
  if (known && known.name !== kind.name) {
    throw new LayoutError(
      `kind ${kind.kind} is taken by ${known.name}; choose another number for ${kind.name}`,
    );
  }
  remember(kind);
  return kind;
}

/** Makes sure that this thread knows the kind. */
export function remember(kind: Kind): void {
  if (!registry().has(kind.kind)) registry().set(kind.kind, kind);
}

/** The registered kind with this number; undefined if this thread has not imported its module. */
export function findKind(kind: number): Kind | undefined {
  return registry().get(kind);
}

/** The modules of all kinds that this thread knows, for a thread that it starts to import. */
export function kindModules(): string[] {
  return [...new Set([...registry().values()].map((kind) => kind.module))];
}
