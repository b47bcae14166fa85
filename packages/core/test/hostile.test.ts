/**
 * Handles and messages that are damaged, truncated, of another kind or version, or made up. Each ends in an
 * error of the contract, or in a value; none changes shared memory or a prototype.
 */
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
// By path: lock lies above core in the package map, this test does not.
import { Condition, Lock, RLock, RWLock } from '../../lock/dist/index.js';
import { fromShared, home, Realm, ThreadingError, toShared } from '@x/core';

const RUNS = 100_000;
/** Seeded, so that a failure can be repeated; print of fast-check says with what. */
const parameters = (numRuns: number) => ({ numRuns, seed: Number(process.env['TEST_SEED'] ?? 0x5eed) });

const locks = [new Lock(), new RLock(), new Condition(new Lock()), new RWLock()] as const;
const primitives = [...locks, locks[2].lock];

/** What must not change: the memory of all primitives, and what every object inherits. */
const memories = [...primitives.map(({ memory }) => memory.words), home().realm.words];
const prototypes = [Object, Array, Map, Set, Error, Function, Promise].map(
  (builtin) => builtin.prototype as object,
);
let before: { words: Int32Array[]; properties: string[][] };
const look = (): typeof before => ({
  words: memories.map((words) => words.slice()),
  properties: prototypes.map((prototype) => Reflect.ownKeys(prototype).map(String)),
});
beforeAll(() => {
  before = look();
});
const expectUnchanged = (): void => {
  const now = look();
  expect(now.properties).toEqual(before.properties);
  // Not `toEqual`: it is slow for so many words.
  now.words.forEach((words, i) => expect(words.every((word, j) => word === before.words[i]![j])).toBe(true));
};

/** Decodes; anything but a value or an error of the contract is a failure. */
function receive(message: unknown): 'value' | 'refused' {
  try {
    fromShared(message);
    return 'value';
  } catch (error) {
    if (error instanceof ThreadingError) return 'refused';
    throw error;
  }
}

/** Places within a message, as paths; shared memory is a leaf. */
function placesIn(
  value: unknown,
  path: (string | number)[] = [],
  found: (string | number)[][] = [],
): typeof found {
  if (typeof value !== 'object' || value === null || value instanceof SharedArrayBuffer) return found;
  for (const key of Object.keys(value)) {
    const here = [...path, key];
    found.push(here);
    placesIn((value as Record<string, unknown>)[key], here, found);
  }
  return found;
}

const message = toShared({
  locks,
  error: new RangeError('x', { cause: new Error('y') }),
  plain: { '@x': 'mark' },
  deep: [{ locks: new Map([['lock', locks[0]]]) }],
});
const places = placesIn(structuredClone(message));

const anything = fc.anything({ withMap: true, withSet: true, withNullPrototype: true, withTypedArray: true });
const foreign = fc.oneof(
  anything,
  fc.constantFrom(
    new SharedArrayBuffer(0),
    new SharedArrayBuffer(64),
    new SharedArrayBuffer(1 << 16),
    new ArrayBuffer(64),
    primitives[0]!.memory.buffer,
    primitives[3]!.memory.buffer,
    home().realm.buffer,
    '__proto__',
    'constructor',
    'prototype',
    'handle',
    'error',
    'instance',
    'plain',
    'wire',
  ),
  fc.integer({ min: -16, max: 5000 }),
  fc.double(),
);

/** Puts `value` at the path of a fresh copy of the message. */
function damaged(path: readonly (string | number)[], value: unknown, remove: boolean): unknown {
  const copy: unknown = structuredClone(message);
  let target = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) target = target[key] as typeof target;
  const last = path.at(-1)!;
  if (remove) Reflect.deleteProperty(target, last);
  else Object.defineProperty(target, last, { value, writable: true, enumerable: true, configurable: true });
  return copy;
}

test('messages in which one thing is wrong', () => {
  let refused = 0;
  fc.assert(
    fc.property(fc.constantFrom(...places), foreign, fc.boolean(), (path, value, remove) => {
      if (receive(damaged(path, value, remove)) === 'refused') refused++;
    }),
    parameters(RUNS * 0.4),
  );
  // Most places matter.
  expect(refused).toBeGreaterThan(RUNS * 0.1);
  expectUnchanged();
}, 120_000);

test('messages in which several things are wrong', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...places), foreign), { minLength: 2, maxLength: 5 }),
      (changes) => {
        const copy: unknown = structuredClone(message);
        for (const [path, value] of changes) {
          let target = copy as Record<string | number, unknown> | undefined;
          for (const key of path.slice(0, -1)) {
            const next: unknown = target?.[key];
            target =
              typeof next === 'object' && next !== null && !(next instanceof SharedArrayBuffer)
                ? (next as typeof target)
                : undefined;
          }
          if (target && Object.isExtensible(target) && !ArrayBuffer.isView(target)) {
            Reflect.defineProperty(target, path.at(-1)!, {
              value,
              writable: true,
              enumerable: true,
              configurable: true,
            });
          }
        }
        receive(copy);
      },
    ),
    parameters(RUNS * 0.2),
  );
  expectUnchanged();
}, 120_000);

test('messages that are made up', () => {
  const marks = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      foreign,
      fc.array(tie('node'), { maxLength: 3 }),
      fc.record({ '@x': fc.constant('plain'), own: fc.array(fc.tuple(fc.string(), tie('node'))) }),
      fc.record({
        '@x': fc.constant('error'),
        className: fc.string(),
        message: fc.string(),
        own: fc.array(fc.tuple(fc.constantFrom('__proto__', 'cause', 'x'), tie('node'))),
      }),
      fc.record({ '@x': fc.constant('instance'), className: fc.string(), state: tie('node') }),
      fc.record(
        {
          '@x': fc.constant('handle'),
          kind: fc.integer({ min: 0, max: 20 }),
          version: fc.integer({ min: 0, max: 2 }),
          buffer: foreign,
          byteOffset: fc.integer({ min: -8, max: 128 }),
          realm: foreign,
          extra: tie('node'),
        },
        { requiredKeys: ['@x'] },
      ),
      fc.record({ '@x': foreign }),
    ),
  })).node;
  fc.assert(
    fc.property(marks, fc.boolean(), (value, marked) => {
      receive({ '@x': 'wire', version: 1, marked, modules: [], value });
      receive(value);
    }),
    parameters(RUNS * 0.2),
  );
  expectUnchanged();
}, 120_000);

test('memory with anything in it', () => {
  const classes = [Lock, RLock, RWLock];
  fc.assert(
    fc.property(
      fc.constantFrom(...classes),
      fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 12 }),
      fc.constantFrom(undefined, 0x5854),
      fc.integer({ min: -8, max: 64 }),
      fc.integer({ min: 0, max: 1200 }),
      (Class, content, magic, byteOffset, size) => {
        const buffer = new SharedArrayBuffer(size * 4);
        const words = new Int32Array(buffer);
        words.set(content.slice(0, size));
        if (magic !== undefined && size > 0) words[0] = (magic << 16) | ((content[0] ?? 0) & 0xffff);
        const copy = words.slice();
        try {
          const lock = new Class({ buffer, byteOffset });
          // It has found room that was empty, or that had been one of its kind.
          expect(String(lock)).toContain(Class.name);
        } catch (error) {
          if (!(error instanceof ThreadingError) && !(error instanceof RangeError)) throw error;
          expect([...words]).toEqual([...copy]);
        }
        try {
          expect(new Realm(buffer).identity).toBeTypeOf('string');
        } catch (error) {
          if (!(error instanceof ThreadingError)) throw error;
        }
      },
    ),
    parameters(RUNS * 0.2),
  );
}, 120_000);

test('a handle whose memory and realm do not belong together makes nobody join that realm', () => {
  const other = Realm.create();
  const copy = structuredClone(toShared(locks[0])) as unknown as { value: { realm: SharedArrayBuffer } };
  copy.value.realm = other.buffer;
  expect(receive(copy)).toBe('refused');
  expect(other.ids()).toEqual([]);
});

test('a message that contains itself', () => {
  const handle = structuredClone(toShared(locks[2])) as unknown as { value: Record<string, unknown> };
  handle.value['extra'] = handle.value;
  // This thread knows the condition already, so nothing has to be made from it.
  expect(receive(handle)).toBe('value');
  const instance: Record<string, unknown> = { '@x': 'instance', className: 'Nobody' };
  instance['state'] = instance;
  expect(receive({ '@x': 'wire', version: 1, marked: true, modules: [], value: instance })).toBe('refused');
  let deep: unknown = 1;
  for (let i = 0; i < 1_000_000; i++) deep = [deep];
  expect(receive({ '@x': 'wire', version: 1, marked: true, modules: [], value: deep })).toBe('refused');
});
