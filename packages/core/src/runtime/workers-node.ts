/** Workers in Node. */
import { workerThreads } from './builtins.js';
import type { Port, WorkerHandle, Workers } from './workers.js';

type NodePort = import('node:worker_threads').MessagePort;
type NodeWorker = import('node:worker_threads').Worker;
type NodeWorkerOptions = import('node:worker_threads').WorkerOptions;
type Transfer = import('node:worker_threads').Transferable[];

export function nodeWorkers(): Workers | undefined {
  const process = globalThis.process as NodeJS.Process | undefined;
  if (typeof process?.getBuiltinModule !== 'function') return undefined;
  const fs = process.getBuiltinModule('node:fs');

  /** `node:tty` takes milliseconds to load, with all of `node:net`, and most streams need no such thing. */
  const isTerminal = (descriptor: 1 | 2): boolean => {
    try {
      // As bigints: after a plain `fstat` of a pipe Node 20 resolves no symbolic links in what it imports next, since its
      // `realpath` takes the result that it left in the binding for one of its own.
      if (!fs.fstatSync(descriptor, { bigint: true }).isCharacterDevice()) return false;
    } catch {
      // The descriptor is closed.
      return false;
    }
    return process.getBuiltinModule('node:tty').isatty(descriptor);
  };

  return {
    start(url, options) {
      const worker = createWorker(url, {
        workerData: options.data,
        transferList: options.transfer as Transfer,
        name: options.name,
        stdout: options.pipe,
        stderr: options.pipe,
        ...(options.resourceLimits ? { resourceLimits: options.resourceLimits } : {}),
      });
      worker.unref();
      return handleOf(worker);
    },
    adopt(worker) {
      if (worker instanceof workerThreads().Worker) {
        worker.unref();
        return handleOf(worker);
      }
      throw new TypeError("the function given to targetsFrom must return a Worker of 'node:worker_threads'");
    },
    channel() {
      const { port1, port2 } = new (workerThreads().MessageChannel)();
      return [portOf(port1), portOf(port2)];
    },
    port: (transferred) => portOf(transferred as NodePort),
    get data(): unknown {
      return workerThreads().workerData as unknown;
    },
    onPost(callback) {
      workerThreads().parentPort?.on('message', callback);
    },
    exit: (code) => process.exit(code),
    onUncaught(callback) {
      process.on('uncaughtException', (error) => {
        if (process.listenerCount('uncaughtException') === 1) callback(error);
      });
    },
    onExit(callback) {
      process.once('exit', callback);
    },
    inspect: (value) =>
      typeof value === 'string' ? value : process.getBuiltinModule('node:util').inspect(value),
    write(descriptor, bytes) {
      try {
        return fs.writeSync(descriptor, bytes);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // The reader is slow, or a signal came.
        if (code === 'EAGAIN' || code === 'EINTR') return 0;
        throw error;
      }
    },
    replaceOutput(write, columns) {
      const { Writable } = process.getBuiltinModule('node:stream');
      for (const [name, descriptor] of [['stdout', 1] as const, ['stderr', 2] as const]) {
        const stream = new Writable({
          decodeStrings: true,
          write(chunk: Uint8Array, _encoding, done) {
            try {
              write(descriptor, chunk);
              done();
            } catch (error) {
              done(error as Error);
            }
          },
        });
        // Node calls methods of its own on a worker's streams, named by symbols, when the other side reads.
        for (const symbol of Object.getOwnPropertySymbols(Object.getPrototypeOf(process[name]))) {
          if (symbol.description?.startsWith('kStdio')) Object.assign(stream, { [symbol]: () => undefined });
        }
        // Standard streams are never closed, whatever ends them.
        stream._destroy = (error, done) => {
          done(error);
        };
        const terminal = isTerminal(descriptor);
        Object.assign(stream, { fd: descriptor, _isStdio: true, _type: terminal ? 'tty' : 'pipe' });
        if (terminal) {
          // They look at the environment only, not at the stream.
          // eslint-disable-next-line @typescript-eslint/unbound-method -- become methods of our stream
          const { getColorDepth, hasColors } = process.getBuiltinModule('node:tty').WriteStream.prototype;
          Object.assign(stream, { isTTY: true, rows: 24, getColorDepth, hasColors });
          Object.defineProperty(stream, 'columns', {
            get: () => columns() ?? 80,
            configurable: true,
            enumerable: true,
          });
        }
        Object.defineProperty(process, name, {
          value: stream,
          configurable: true,
          enumerable: true,
          writable: true,
        });
      }
    },
    get environment() {
      return { ...process.env };
    },
    set environment(variables) {
      for (const name of Object.keys(process.env))
        if (!(name in variables)) Reflect.deleteProperty(process.env, name);
      for (const [name, value] of Object.entries(variables)) {
        if (process.env[name] !== value) process.env[name] = value;
      }
    },
    get columns() {
      return isTerminal(1) ? process.stdout.columns : undefined;
    },
  };
}

/**
 * Makes a worker that takes over this process's options of Node, which is the default, but for `--input-type`: that says
 * what a program on the command line is written in, and Node refuses to run a file with it.
 */
function createWorker(url: URL, options: NodeWorkerOptions): NodeWorker {
  const { Worker } = workerThreads();
  const own = process.execArgv;
  const at = own.findIndex((option) => /^--input-type(?:=|$)/.test(option));
  if (at < 0) return new Worker(url, options);
  const length = own[at]!.includes('=') ? 1 : 2;
  try {
    return new Worker(url, { ...options, execArgv: [...own.slice(0, at), ...own.slice(at + length)] });
  } catch (error) {
    // What concerns the process as a whole may be taken over, but not be named.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_WORKER_INVALID_EXEC_ARGV') throw error;
    return new Worker(url, { ...options, execArgv: [] });
  }
}

function handleOf(worker: NodeWorker): WorkerHandle {
  let failure: unknown;
  worker.on('error', (error) => {
    failure ??= error;
  });
  return {
    postMessage: (message, transfer) => {
      worker.postMessage(message, transfer as Transfer);
    },
    terminate: () => {
      // The promise is of no use to a thread that blocks; `onEnd` says when it is over.
      worker.terminate().catch(() => undefined);
    },
    stdout: worker.stdout,
    stderr: worker.stderr,
    onEnd: (callback) => {
      worker.once('exit', () => {
        callback(failure);
      });
    },
  };
}

function portOf(port: NodePort): Port {
  port.unref();
  return {
    transferable: port,
    postMessage: (message, transfer = []) => {
      port.postMessage(message, transfer as Transfer);
    },
    onMessage(callback) {
      port.on('message', callback);
      port.unref();
    },
    receiveNow: () => workerThreads().receiveMessageOnPort(port),
    keepAlive(keep) {
      if (keep) port.ref();
      else port.unref();
    },
    isOrphaned: () => isOrphaned(port),
    close: () => {
      port.close();
    },
  };
}

let probe: NodePort | undefined;

/**
 * A port whose other end is gone closes when it receives the notice of that, but says so in the next
 * turn of the event loop only. Transferring tells it at once: naming the port twice is always an error, so that
 * nothing is transferred, and the error of a closed port is another one.
 */
function isOrphaned(port: NodePort): boolean {
  if (!probe) {
    const { port1, port2 } = new (workerThreads().MessageChannel)();
    port1.unref();
    port2.unref();
    probe = port1;
  }
  try {
    probe.postMessage(null, [port, port]);
    return false;
  } catch (error) {
    return /detached/.test((error as Error).message);
  }
}
