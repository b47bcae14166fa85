/** Workers in Node. */
import { describe } from '../deadline.js';
import { workerThreads } from './builtins.js';
import { isTerminal, replaceOutput } from './output-node.js';
import { hasPreloads } from './preloads.js';
import type { Port, Program, ProgramData, WorkerHandle, Workers } from './workers.js';

type FileSystem = typeof import('node:fs');
type NodePort = import('node:worker_threads').MessagePort;
type NodeWorker = import('node:worker_threads').Worker;
type NodeWorkerOptions = import('node:worker_threads').WorkerOptions;
type Transfer = import('node:worker_threads').Transferable[];

const TASKS = '/proc/self/task';

export function nodeWorkers(): Workers | undefined {
  const process = globalThis.process as NodeJS.Process | undefined;
  if (typeof process?.getBuiltinModule !== 'function') return undefined;
  const fs = (): FileSystem => process.getBuiltinModule('node:fs');

  return {
    start(program, { code, data, ...options }) {
      const limited = options.resourceLimits !== undefined;
      const before = limited ? nativeThreads() : [];
      const worker = createWorker(program, {
        workerData: { ...partsOf(program), code, data } satisfies ProgramData,
        transferList: options.transfer as Transfer,
        name: options.name,
        stdout: options.pipe,
        stderr: options.pipe,
        ...(options.resourceLimits ? { resourceLimits: options.resourceLimits } : {}),
      });
      worker.unref();
      const added = limited ? nativeThreads().filter((thread) => !before.includes(thread)) : [];
      return handleOf(worker, added);
    },
    adopt(worker) {
      if (worker instanceof workerThreads().Worker) {
        worker.unref();
        return handleOf(worker, []);
      }
      throw new TypeError("the function given to targetsFrom must return a Worker of 'node:worker_threads'");
    },
    channel() {
      const { port1, port2 } = new (workerThreads().MessageChannel)();
      return [portOf(port1), portOf(port2)];
    },
    port: (transferred) => portOf(transferred as NodePort),
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
    async endOutput() {
      const dropped = (): undefined => undefined;
      const ended = [process.stdout, process.stderr].map((stream) => {
        stream.on('error', dropped);
        return new Promise<void>((resolve) => stream.end(resolve));
      });
      await Promise.all(ended);
      // Not before: the other side's wish for more goes to the streams that are found here.
      replaceOutput(dropped, dropped);
    },
    inspect(value) {
      if (typeof value === 'string') return value;
      try {
        return process.getBuiltinModule('node:util').inspect(value);
      } catch {
        // Of what the user has made anything may throw: its name, its message, its `inspect`.
        return describe(value);
      }
    },
    write(descriptor, bytes) {
      try {
        return fs().writeSync(descriptor, bytes);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // The reader is slow, or a signal came.
        if (code === 'EAGAIN' || code === 'EINTR') return 0;
        throw error;
      }
    },
    replaceOutput,
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

interface Parts {
  readonly source: string;
  readonly url: string;
  readonly path: string;
}

/** By the URL of the script. */
const read = new Map<string, Parts & { readonly entry: string }>();

/** Read once: every worker of a thread begins with the same. */
function readProgram({ entry, script }: Program): Parts & { readonly entry: string } {
  const { href } = script;
  let parts = read.get(href);
  if (!parts) {
    const fs = globalThis.process.getBuiltinModule('node:fs');
    const path = globalThis.process.getBuiltinModule('node:url').fileURLToPath(entry);
    // As text that may be anything, though it is plain: that is what Node reads in one call.
    const source = fs.readFileSync(script, 'utf8');
    read.set(href, (parts = { source, url: href, path, entry: fs.readFileSync(path, 'utf8') }));
  }
  return parts;
}

function partsOf(program: Program): Parts {
  const { source, url, path } = readProgram(program);
  return { source, url, path };
}

/**
 * Makes a worker whose entry is run as a text, since Node then starts its loader of modules only when something is
 * imported, which takes as long as all the rest of a thread's start. Not if that text would run before what `--import` loads.
 *
 * It takes over this process's options of Node, which is the default, but for `--input-type`: that says
 * what a program on the command line is written in, and Node refuses to run a file with it.
 */
function createWorker(program: Program, base: NodeWorkerOptions): NodeWorker {
  const { Worker } = workerThreads();
  const asText = !hasPreloads();
  const url = asText ? readProgram(program).entry : program.entry;
  const options = asText ? { ...base, eval: true } : base;
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

/** The operating system's names of this process's threads. Only Linux lists them. */
function nativeThreads(): string[] {
  try {
    return globalThis.process.getBuiltinModule('node:fs').readdirSync(TASKS);
  } catch {
    return [];
  }
}

/** @param added the native threads that came with the worker: its own and, at worst, some that another thread has started. */
function handleOf(worker: NodeWorker, added: readonly string[]): WorkerHandle {
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
    isGone: () => {
      if (added.length === 0) return false;
      const present = nativeThreads();
      return present.length > 0 && !added.some((thread) => present.includes(thread));
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
    onMessage(callback, onUnreadable = () => undefined) {
      port.on('message', callback);
      port.on('messageerror', onUnreadable);
      port.unref();
      return () => {
        // Without a listener Node keeps the messages.
        port.off('message', callback);
        port.off('messageerror', onUnreadable);
      };
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
