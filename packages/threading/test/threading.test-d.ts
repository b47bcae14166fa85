/** Under the flat name, types are those of the packages. */
import type { ShutdownOptions as OfExecutor } from '@x/executor';
import type { Lock } from '@x/lock';
import type { ShutdownOptions as OfQueue } from '@x/queue';
import * as threading from '@x/threading';
import { expectTypeOf, test } from 'vitest';

test('classes are the same', () => {
  expectTypeOf(new threading.Lock()).toEqualTypeOf<Lock>();
  expectTypeOf<threading.QueueShutdownOptions>().toEqualTypeOf<OfQueue>();
  expectTypeOf<threading.ExecutorShutdownOptions>().toEqualTypeOf<OfExecutor>();
});

test('targets are checked', () => {
  const double = (n: number): number => 2 * n;
  const thread = new threading.Thread({ target: double, args: [2] });
  expectTypeOf(thread.result()).toEqualTypeOf<number>();
  // @ts-expect-error a string is no number
  new threading.Thread({ target: double, args: ['2'] });
  expectTypeOf(new threading.ThreadPoolExecutor().submit(double, 1)).toEqualTypeOf<
    threading.Future<number>
  >();
});

test('what no package exports is not there', () => {
  // @ts-expect-error no such class
  expectTypeOf(threading.Mutex);
  // @ts-expect-error for builders of primitives: in @x/core
  expectTypeOf(threading.Primitive);
});
