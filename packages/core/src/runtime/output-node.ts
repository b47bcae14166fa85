/** The standard streams of a thread in Node. */
type Streams = typeof import('node:stream');

type Write = (descriptor: 1 | 2, bytes: Uint8Array) => void;

/** Whether a standard stream is a terminal. `node:tty` takes milliseconds to load, with all of `node:net`, and most streams need no such thing. */
export function isTerminal(descriptor: 1 | 2): boolean {
  try {
    // As bigints: after a plain `fstat` of a pipe Node 20 resolves no symbolic links in what it imports next, since its
    // `realpath` takes the result that it left in the binding for one of its own.
    const fs = process.getBuiltinModule('node:fs');
    if (!fs.fstatSync(descriptor, { bigint: true }).isCharacterDevice()) return false;
  } catch {
    // The descriptor is closed.
    return false;
  }
  return process.getBuiltinModule('node:tty').isatty(descriptor);
}

/** Makes this thread's standard streams write through a function. Each is made when it is first asked for: most threads print nothing. */
export function replaceOutput(write: Write, columns: () => number | undefined): void {
  for (const [name, descriptor] of [['stdout', 1] as const, ['stderr', 2] as const]) {
    const before = Object.getOwnPropertyDescriptor(process, name);
    let stream: unknown;
    Object.defineProperty(process, name, {
      get: () =>
        (stream ??= makeStream(before?.get?.call(process) ?? before?.value, descriptor, write, columns)),
      set: (next) => {
        stream = next;
      },
      configurable: true,
      enumerable: true,
    });
  }
}

/** @param before the stream that it replaces */
function makeStream(
  before: unknown,
  descriptor: 1 | 2,
  write: Write,
  columns: () => number | undefined,
): InstanceType<Streams['Writable']> {
  const { Writable } = process.getBuiltinModule('node:stream');
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
  for (const symbol of Object.getOwnPropertySymbols(Object.getPrototypeOf(before))) {
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
  return stream;
}
