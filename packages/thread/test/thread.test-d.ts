import { targetsFrom, Thread, Timer } from '@x/thread';
import { describe, expectTypeOf, it } from 'vitest';

const add = (a: number, b: string): string => b.repeat(a);
const later = async (n: number): Promise<Date> => Promise.resolve(new Date(n));
const optional = (n?: number): number => n ?? 0;

describe('arguments', () => {
  it('are those of the target', () => {
    new Thread({ target: add, args: [1, 'a'] });
    // @ts-expect-error The second argument is a string.
    new Thread({ target: add, args: [1, 2] });
    // @ts-expect-error One is missing.
    new Thread({ target: add, args: [1] });
    // @ts-expect-error One too many.
    new Thread({ target: add, args: [1, 'a', 2] });
    // @ts-expect-error They must be given.
    new Thread({ target: add });
  });

  it('may be left out if the target can be called without', () => {
    new Thread({ target: () => 1 });
    new Thread({ target: optional });
    new Thread({ target: optional, args: [1] });
    // @ts-expect-error Not a number.
    new Thread({ target: optional, args: ['1'] });
  });

  it('of a timer are those of its target', () => {
    new Timer(1, () => 1);
    new Timer(1, add, [1, 'a'], { daemon: true });
    // @ts-expect-error They must be given.
    new Timer(1, add);
    // @ts-expect-error Not a number.
    new Timer(1, optional, ['1']);
  });

  it('cannot be given to what is no function', () => {
    // @ts-expect-error Not a function.
    new Thread({ target: 5 });
  });
});

describe('the result', () => {
  it('is what the target returns, or what its promise resolves to', () => {
    expectTypeOf(new Thread({ target: add, args: [1, 'a'] }).result()).toEqualTypeOf<string>();
    expectTypeOf(new Thread({ target: later, args: [1] }).result()).toEqualTypeOf<Date>();
    expectTypeOf(new Thread({ target: later, args: [1] }).resultAsync()).toEqualTypeOf<Promise<Date>>();
    // @ts-expect-error It is a string.
    new Thread({ target: add, args: [1, 'a'] }).result() satisfies number;
  });

  it('does not matter to a list of threads', () => {
    const threads: Thread[] = [
      new Thread({ target: add, args: [1, 'a'] }),
      new Thread({ target: later, args: [1] }),
    ];
    expectTypeOf(threads[0]!.result()).toEqualTypeOf<unknown>();
  });
});

describe('targets of a module', () => {
  const jobs = targetsFrom<{ add: typeof add; version: string }>(new URL('file:///jobs.js'));

  it('are its functions, with their types', () => {
    expectTypeOf(new Thread({ target: jobs.add, args: [1, 'a'] }).result()).toEqualTypeOf<string>();
    // @ts-expect-error The second argument is a string.
    new Thread({ target: jobs.add, args: [1, 2] });
  });

  it('are not what it does not export, or what is no function', () => {
    // @ts-expect-error Not exported.
    jobs.missing satisfies unknown;
    // @ts-expect-error Not a function.
    jobs.version satisfies unknown;
  });
});
