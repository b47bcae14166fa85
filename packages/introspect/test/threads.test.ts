import { Worker } from 'node:worker_threads';
import { activeCount, currentThread, enumerate, getIdent, getNativeId, mainThread } from '@x/introspect';
import { Lock } from '@x/lock';
import { sleep, sleepAsync, Thread } from '@x/thread';
import { describe, expect, it } from 'vitest';

const started = <T extends Thread>(thread: T): T => {
  thread.start();
  return thread;
};

/** A thread that ends when told so. */
function waiting(name: string): { thread: Thread; stop: () => void } {
  const words = new Int32Array(new SharedArrayBuffer(4));
  const target = (flag: Int32Array): void => {
    Atomics.wait(flag, 0, 0);
  };
  const stop = (): void => {
    Atomics.store(words, 0, 1);
    Atomics.notify(words, 0);
    thread.join();
  };
  const thread = started(new Thread({ name, target, args: [words] }));
  return { thread, stop };
}

describe('in the main thread', () => {
  it('the current thread is the main one, and the only one', () => {
    expect(currentThread()).toBe(mainThread());
    expect(currentThread().name).toBe('MainThread');
    expect(currentThread().isAlive()).toBe(true);
    expect(currentThread().daemon).toBe(false);
    expect(currentThread().ident).toBe(getIdent());
    expect(enumerate()).toEqual([mainThread()]);
    expect(activeCount()).toBe(1);
    expect(getNativeId()).toBe(process.platform === 'linux' ? process.pid : 0);
    expect(currentThread().signal.aborted).toBe(false);
  });

  it('threads are listed as the objects that were made, in the order of their starts, while they live', () => {
    const all = ['a', 'b', 'c'].map(waiting);
    expect(enumerate()).toEqual([mainThread(), ...all.map(({ thread }) => thread)]);
    expect(enumerate()[1]).toBe(all[0]!.thread);
    expect(activeCount()).toBe(4);
    all[1]!.stop();
    expect(enumerate().map(({ name }) => name)).toEqual(['MainThread', 'a', 'c']);
    for (const { stop } of all) stop();
    expect(activeCount()).toBe(1);
  });

  it('a killed thread is not listed', () => {
    const { thread } = waiting('victim');
    while (thread.nativeId === undefined) sleep(1);
    thread.terminate();
    thread.join();
    expect(enumerate()).toEqual([mainThread()]);
  });
});

describe('in a thread', () => {
  it('it knows itself, the main thread and its siblings', () => {
    const { stop } = waiting('sibling');
    const target = async (): Promise<unknown> => {
      const { currentThread, enumerate, getIdent, getNativeId, mainThread } = await import('@x/introspect');
      const self = currentThread();
      return {
        self: [
          self.name,
          self.daemon,
          self.ident === getIdent(),
          self.nativeId === getNativeId(),
          self.isAlive(),
        ],
        same: self === currentThread() && enumerate().includes(self),
        main: [mainThread().name, mainThread().isAlive(), mainThread() === self],
        all: enumerate().map(({ name }) => name),
      };
    };
    const thread = started(new Thread({ name: 'self', target, daemon: true }));
    expect(thread.result()).toEqual({
      self: ['self', true, true, process.platform === 'linux', true],
      same: true,
      main: ['MainThread', true, false],
      all: ['MainThread', 'sibling', 'self'],
    });
    stop();
  });

  it('it cannot join itself', () => {
    const target = async (): Promise<void> => {
      const { currentThread } = await import('@x/introspect');
      currentThread().join();
    };
    expect(() => started(new Thread({ target })).result()).toThrow(/cannot wait for its own end/);
  });

  it('its signal follows the one it was created with, and ends its blocking waits with the reason', () => {
    const controller = new AbortController();
    const lock = new Lock();
    lock.acquire();
    const target = async (held: Lock): Promise<unknown[]> => {
      const { currentThread } = await import('@x/introspect');
      const { signal } = currentThread();
      const before = signal.aborted;
      try {
        held.acquire();
        return ['acquired'];
      } catch (error) {
        return [before, error, signal.aborted, signal.reason === error];
      }
    };
    const thread = started(new Thread({ target, args: [lock], signal: controller.signal }));
    while (!String(lock).includes('waiters=1')) sleep(5);
    controller.abort(new RangeError('enough'));
    expect(thread.result()).toEqual([false, expect.any(RangeError), true, true]);
    expect(thread.signal).toBe(controller.signal);
    lock.release();
  });

  it('its signal reaches an event loop that waits for nothing else', async () => {
    const controller = new AbortController();
    const target = async (): Promise<unknown> => {
      const { currentThread } = await import('@x/introspect');
      const { signal } = currentThread();
      if (signal.aborted) return signal.reason;
      return await new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          resolve(signal.reason);
        });
      });
    };
    const thread = started(new Thread({ target, signal: controller.signal }));
    await sleepAsync(100);
    controller.abort('why');
    await expect(thread.resultAsync()).resolves.toBe('why');
  });

  it('is not started when its signal has fired before', () => {
    const reason = new Error('before');
    const thread = new Thread({ target: () => 1, signal: AbortSignal.abort(reason) });
    expect(() => {
      thread.start();
    }).toThrow(reason);
    expect(thread.ident).toBeUndefined();
  });
});

describe('in a worker that somebody else has started', () => {
  it('the answers are the same, and the others see it', async () => {
    const code = `
      import { parentPort } from 'node:worker_threads';
      import { currentThread, enumerate, mainThread } from ${JSON.stringify(import.meta.resolve('@x/introspect'))};
      parentPort.once('message', () => {});
      parentPort.postMessage([currentThread().name, mainThread().name, enumerate().map(({ name }) => name)]);
    `;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
    const [own, main, all] = await new Promise<[string, string, string[]]>((resolve) =>
      worker.once('message', resolve),
    );
    expect(own).toMatch(/^Worker-\d+$/);
    expect(main).toBe('MainThread');
    expect(all).toEqual(['MainThread', own]);
    expect(enumerate().map(({ name }) => name)).toEqual(['MainThread', own]);
    expect(() => {
      enumerate()[1]!.terminate();
    }).toThrow(/was not started by @x\/thread/);
    await worker.terminate();
    expect(activeCount()).toBe(1);
  });
});
