/** Values through messages. */
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
// By path: lock lies above core in the package map, this test does not.
import { Lock } from '../../lock/dist/index.js';
import {
  BrokenBarrierError,
  explainCloneError,
  fromShared,
  KIND,
  LayoutError,
  NotHeldError,
  registerClass,
  registerErrorClass,
  registerKind,
  ThreadingError,
  toShared,
  TransferError,
  workers,
} from '@x/core';

const lock = new Lock();
const travel = <T>(value: T): T => fromShared<T>(structuredClone(toShared(value)));
/** The same, with a lock beside it, so that every part is copied and looked at. */
const travelMarked = <T>(value: T): T => travel({ lock, value }).value;

const cyclic: Record<string, unknown> = { depth: 1 };
cyclic['self'] = cyclic;
cyclic['list'] = [cyclic, new Map([['self', cyclic]]), new Set([cyclic])];
const proto = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1, "a": 2}') as object;

describe.each([
  ['as it is', travel],
  ['beside a lock', travelMarked],
] as const)('a value %s', (_how, travel) => {
  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['minus zero', [-0]],
    ['NaN', NaN],
    ['infinities', [Infinity, -Infinity]],
    ['a bigint', 2n ** 100n],
    ['lone surrogates', ['\ud800', 'x\udc00y']],
    ['a date', new Date(0)],
    ['a regular expression', /a+/gi],
    ['typed arrays', [new Uint8Array([1, 2]), new Float64Array([-0, NaN]), new DataView(new ArrayBuffer(4))]],
    ['a map of maps', new Map([[new Map([[1, 2]]), new Set([3])]])],
    ['wrapper objects', [Object(1), Object('x'), Object(false)]],
    ['keys with __proto__', proto],
    ['an own property that is the mark', { '@x': 'handle', kind: 1, nested: { '@x': { '@x': 1 } } }],
    ['nested marks in arrays', [{ '@x': 'wire' }, { '@x': 'error', className: 'x' }]],
  ])('%s', (_name, value) => {
    expect(travel(value)).toStrictEqual(value);
    expect(({} as { polluted?: true }).polluted).toBeUndefined();
  });

  test('with holes keeps them, and properties of arrays', () => {
    const holes = Object.assign([1, , 3], { index: 7 }); // eslint-disable-line no-sparse-arrays -- what is tested
    const copy = travel(holes);
    expect(1 in copy).toBe(false);
    expect(copy).toHaveLength(3);
    expect(copy.index).toBe(7);
  });

  test('of another global keeps its maps and sets', () => {
    const foreign = runInNewContext('({ map: new Map([[1, new Set([2])]]) })') as {
      map: Map<number, unknown>;
    };
    foreign.map.set(3, [lock]);
    const { map } = travel(foreign);
    expect(map.get(1)).toStrictEqual(new Set([2]));
    expect((map.get(3) as unknown[])[0]).toBe(lock);
  });

  test('that only inherits from a map is none', () => {
    expect(travel(Object.create(Map.prototype) as object)).toStrictEqual({});
  });

  test('with cycles and shared parts keeps them', () => {
    const twin = {};
    const copy = travel({ cyclic, twins: [twin, twin] });
    expect(copy.cyclic['self']).toBe(copy.cyclic);
    const [first, map, set] = copy.cyclic['list'] as [object, Map<string, object>, Set<object>];
    expect(first).toBe(copy.cyclic);
    expect(map.get('self')).toBe(copy.cyclic);
    expect(set.has(copy.cyclic)).toBe(true);
    expect(copy.twins[0]).toBe(copy.twins[1]);
  });

  test('is not changed by travelling', () => {
    const inner = { lock, list: [lock] };
    const value = { inner, map: new Map([['lock', lock]]) };
    travel(value);
    expect(value.inner).toBe(inner);
    expect(inner.list[0]).toBe(lock);
    expect(value.map.get('lock')).toBe(lock);
  });
});

test('a value with nothing special in it goes without a copy', () => {
  const value = { big: new Uint8Array(10), list: [1, 2, 3] };
  expect((toShared(value) as unknown as { value: unknown }).value).toBe(value);
});

test('shared memory stays the same memory', () => {
  const buffer = new SharedArrayBuffer(4);
  const copy = travel({ lock, buffer });
  new Int32Array(buffer)[0] = 5;
  expect(new Int32Array(copy.buffer)[0]).toBe(5);
});

describe('errors', () => {
  class Registered extends Error {
    override name = 'Registered';
    readonly detail: string;
    constructor(
      detail: string,
      readonly more: { lock: Lock },
    ) {
      super(`about ${detail}`);
      this.detail = detail;
    }
  }
  registerErrorClass(Registered as never);
  class Unregistered extends RangeError {
    override name = 'Unregistered';
  }

  test('keep class, message, stack, cause and own properties', () => {
    const cause = new TypeError('inner');
    const error = Object.assign(new RangeError('outer', { cause }), { code: 'E_X', data: { list: [lock] } });
    const copy = travel(error);
    expect(copy).toBeInstanceOf(RangeError);
    expect([copy.name, copy.message, copy.stack, copy.code]).toEqual([
      'RangeError',
      'outer',
      error.stack,
      'E_X',
    ]);
    expect(copy.cause).toBeInstanceOf(TypeError);
    expect(copy.data.list[0]).toBe(lock);
    expect(Object.keys(copy)).toEqual(['code', 'data']);
  });

  test('of the contract keep class and code', () => {
    for (const ErrorClass of [NotHeldError, BrokenBarrierError, ThreadingError]) {
      const copy = travel(new ErrorClass('as planned'));
      expect(copy).toBeInstanceOf(ErrorClass);
      expect(copy.name).toBe(ErrorClass.name);
      expect(copy.code).toBe(new ErrorClass('x').code);
    }
  });

  test('of a registered class arrive as such, without calling its constructor', () => {
    const copy = travel(new Registered('this', { lock }));
    expect(copy).toBeInstanceOf(Registered);
    expect([copy.detail, copy.message, copy.name]).toEqual(['this', 'about this', 'Registered']);
    expect(copy.more.lock).toBe(lock);
  });

  test('of a class that nobody knows keep name and properties', () => {
    const copy = travel(Object.assign(new Unregistered('x'), { extra: 1 }));
    expect(copy).toBeInstanceOf(Error);
    expect([copy.name, copy.extra]).toEqual(['Unregistered', 1]);
  });

  test('may contain themselves, and others', () => {
    const error: Error & { self?: Error } = new Error('round');
    error.cause = error;
    error.self = error;
    const copy = travel(error);
    expect(copy.cause).toBe(copy);
    expect(copy.self).toBe(copy);
    const many = travel(new AggregateError([new TypeError('a'), 'b', { lock }], 'several'));
    expect(many).toBeInstanceOf(AggregateError);
    expect(many.errors[0]).toBeInstanceOf(TypeError);
    expect(many.errors[1]).toBe('b');
    expect((many.errors[2] as { lock: Lock }).lock).toBe(lock);
    expect(Object.keys(many)).toEqual([]);
  });

  test('travel whatever stands where a text should be', () => {
    class Odd extends Error {
      static override name(): number {
        return 1;
      }
    }
    const bare: unknown = Object.create(null);
    const copy = travel<Error>(Object.assign(new Odd('x'), { message: bare as string }));
    expect(copy).toBeInstanceOf(Error);
    expect(copy.message).toBe('an object (no class)');
    class Nameless extends Error {
      override get name(): string {
        return bare as string;
      }
    }
    expect(travel(new Nameless('y')).message).toBe('y');
  });

  test('can be shown whatever they do meanwhile', () => {
    const bare: unknown = Object.create(null);
    // Node 20 cannot, and throws.
    expect(workers!.inspect(Object.assign(new Error('x'), { message: bare }))).toMatch(/\bError\b/);
    expect(workers!.inspect(new Error('x'))).toContain('Error: x\n');
  });

  test('of the platform keep their class and name', () => {
    const copy = travel(
      Object.assign(new DOMException('stop', 'AbortError'), { cause: new RangeError('x') }),
    );
    expect(copy).toBeInstanceOf(DOMException);
    expect([copy.name, copy.message, copy.code]).toEqual(['AbortError', 'stop', DOMException.ABORT_ERR]);
    expect(copy.cause).toBeInstanceOf(RangeError);
    const controller = new AbortController();
    controller.abort();
    expect(travel(controller.signal.reason as DOMException).name).toBe('AbortError');
  });

  test('cannot take on what is inherited by every object', () => {
    for (const className of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const message = {
        '@x': 'wire',
        version: 1,
        marked: true,
        modules: [],
        value: { '@x': 'error', className, message: 'x', own: [] },
      };
      const error = fromShared(message);
      expect(error).toBeInstanceOf(Error);
      expect(Object.getPrototypeOf(error)).toBe(Error.prototype);
    }
  });
});

describe('classes', () => {
  class Point {
    x = 0;
    y = 0;
    self: Point | undefined;
    get length(): number {
      return Math.hypot(this.x, this.y);
    }
  }
  class Celsius {
    readonly #degrees: number;
    constructor(degrees: number) {
      this.#degrees = degrees;
    }
    get degrees(): number {
      return this.#degrees;
    }
  }
  registerClass(Point);
  registerClass(Celsius, {
    toState: ({ degrees }) => degrees,
    fromState: (degrees: number) => new Celsius(degrees),
  });

  test('that are registered keep their prototype, at any depth and in cycles', () => {
    const point = Object.assign(new Point(), { x: 3, y: 4 });
    point.self = point;
    const copy = travel({ points: new Map([['a', point]]) }).points.get('a')!;
    expect(copy).toBeInstanceOf(Point);
    expect(copy.length).toBe(5);
    expect(copy.self).toBe(copy);
  });

  test('may have a state of their own choice', () => {
    const copy = travel([new Celsius(20)])[0]!;
    expect(copy).toBeInstanceOf(Celsius);
    expect(copy.degrees).toBe(20);
  });

  test('of errors keep what errors keep, or have a state of their own choice', () => {
    class Plain extends Error {
      readonly at = 3;
    }
    class Chosen extends Error {
      constructor(readonly line: number) {
        super(`line ${line}`);
      }
    }
    registerClass(Plain);
    registerClass(Chosen, { toState: ({ line }) => line, fromState: (line: number) => new Chosen(line) });
    const error = new Plain('message', { cause: 'why' });
    const [plain, chosen] = travel([error, new Chosen(5)] as const);
    expect(plain).toBeInstanceOf(Plain);
    expect([plain.message, plain.cause, plain.stack, plain.at]).toEqual(['message', 'why', error.stack, 3]);
    expect(chosen).toBeInstanceOf(Chosen);
    expect([chosen.line, chosen.message]).toEqual([5, 'line 5']);
  });

  test('whose state contains the instance itself are refused where they cannot be made', () => {
    class Knot {
      self: Knot = this;
    }
    registerClass(Knot, { toState: ({ self }) => ({ self }), fromState: () => new Knot() });
    expect(() => travel(new Knot())).toThrow(TransferError);
  });

  test('that are not registered arrive as plain objects', () => {
    class Other {
      a = 1;
    }
    expect(travelMarked(new Other())).toStrictEqual({ a: 1 });
  });

  test('of one name exclude each other', () => {
    expect(() => {
      registerClass(
        class Point {
          z = 0;
        },
      );
    }).toThrow(TransferError);
  });

  test('that the receiver does not know are named', () => {
    const message = {
      '@x': 'wire',
      version: 1,
      marked: true,
      modules: [],
      value: { '@x': 'instance', className: 'Nobody', state: {} },
    };
    expect(() => fromShared(message)).toThrow(/Nobody/);
  });
});

describe('what cannot travel is named by its path', () => {
  const bare = Object.create(null) as object;
  test.each<[unknown, string]>([
    [() => 1, 'value is a function'],
    [Symbol('x'), 'value is a symbol'],
    [{ args: [0, { onDone: () => 1 }] }, 'value.args[1].onDone is a function'],
    [{ 'not a name': Symbol('x') }, 'value["not a name"] is a symbol'],
    [new Map([['key', () => 1]]), 'value.get("key") is a function'],
    [new Map([[5, () => 1]]), 'value.get(5) is a function'],
    [new Map<object, unknown>([[bare, () => 1]]), 'value.get(an object'],
    [new Map([[Symbol('k'), 1]]), 'is a symbol'],
    [new Set([1, () => 1]), 'value.item(1) is a function'],
    [Object.assign(new Error('x'), { retry: () => 1 }), 'value.retry is a function'],
    [new Error('x', { cause: Symbol('y') }), 'value.cause is a symbol'],
    [{ soon: Promise.resolve() }, 'value.soon is a Promise'],
    [{ weak: new WeakMap() }, 'value.weak is a WeakMap'],
    [[new WeakSet(), 1], 'value[0] is a WeakSet'],
  ])('%o', (value, message) => {
    expect(() => toShared(value)).toThrow(TransferError);
    expect(() => toShared(value)).toThrow(message);
  });

  test.each<[string, unknown, string]>([
    [
      'a map with a key that JSON does not know',
      new Map([[5n, new Proxy({}, {})]]),
      'value.get(5) cannot travel',
    ],
    ['a map with a key that JSON cannot end', new Map([[cyclic, new Proxy({}, {})]]), 'value.get(an object'],
    ['a proxy of a map', { map: new Proxy(new Map(), {}) }, 'value.map cannot travel'],
  ])('also by structured clone: %s', (_what, value, message) => {
    let refusal: unknown;
    try {
      structuredClone(value);
    } catch (error) {
      refusal = explainCloneError(error, value, 'value');
    }
    expect(refusal).toBeInstanceOf(TransferError);
    expect((refusal as Error).message).toContain(message);
  });

  test('also what is nested too deeply for structured clone', () => {
    let deep: unknown = 0;
    for (let i = 0; i < 1_000_000; i++) deep = [deep];
    let refusal: unknown;
    try {
      structuredClone(deep);
    } catch (error) {
      refusal = explainCloneError(error, deep, 'value');
    }
    expect(refusal).toBeInstanceOf(TransferError);
  });

  test('also what is nested too deeply', () => {
    let deep: unknown = lock;
    for (let i = 0; i < 1_000_000; i++) deep = [deep];
    expect(() => toShared(deep)).toThrow(TransferError);
  });
});

describe('messages', () => {
  test('that toShared did not make, or another version did, are refused', () => {
    for (const wrong of [undefined, null, 5, 'x', {}, [], { '@x': 'handle' }, new Map()]) {
      expect(() => fromShared(wrong)).toThrow(LayoutError);
    }
    expect(() => fromShared({ ...toShared(1), version: 2 })).toThrow(/version 2/);
  });

  test('with a handle of a kind that this thread does not know are refused, naming it', () => {
    const message = structuredClone(toShared(lock)) as unknown as {
      value: { kind: number; kindName: string };
    };
    message.value.kind = 77;
    message.value.kindName = 'Widget';
    expect(() => fromShared(message)).toThrow(/Widget/);
    expect(() => fromShared(message)).toThrow(TransferError);
  });

  test('with a handle of another layout version are refused', () => {
    const message = structuredClone(toShared(lock)) as unknown as { value: { version: number } };
    message.value.version = 9;
    expect(() => fromShared(message)).toThrow(LayoutError);
  });

  test('kinds have one owner', () => {
    const kind = lock[KIND];
    expect(registerKind(() => kind)).toBe(kind);
    expect(() => registerKind(() => ({ ...kind, name: 'Impostor' }))).toThrow(LayoutError);
  });
});
