/**
 * From source text back to a function. The text of a method is not an expression, so what does not
 * compile as one is tried as a member of an object. Names that compilers put into function bodies are
 * provided.
 */
import { TargetError } from '../errors.js';
import { evaluate, findInFile, type Position } from '../runtime/compile.js';
import { helpersFor } from './helpers.js';
import type { SourceReference } from './reference.js';

interface Compiled {
  readonly fn: Callable;
  /** Where line 1, column 1 of the text is in positions of stack frames. */
  readonly position: Position;
}

type Callable = (...args: unknown[]) => unknown;

/** Texts that were compiled in this thread, newest last. */
const compiled = new Map<string, Compiled>();
/** Far more than a program has targets; a bound for programs that generate them. */
const MAX_COMPILED = 1000;

/** The function of a source reference, compiled once per thread. Throws `TargetError` if it cannot be. */
export function compileSource(reference: SourceReference): Callable {
  return compile(reference).fn;
}

/** The same reference with its place in the file, so that threads need not read the file. Throws as `compileSource`. */
export function placed(reference: SourceReference): SourceReference {
  return { ...reference, position: compile(reference).position };
}

function compile(reference: SourceReference): Compiled {
  const key = `${reference.url}\n${reference.source}`;
  const known = compiled.get(key);
  if (known) return known;
  const position = reference.position ?? findInFile(reference.source, reference.url);
  const fresh = { fn: build(reference, position), position };
  if (compiled.size >= MAX_COMPILED) compiled.delete(compiled.keys().next().value!);
  compiled.set(key, fresh);
  return fresh;
}

function build(reference: SourceReference, position: Position): Callable {
  const { source, url, strict, name } = reference;
  const scope = helpersFor(source);
  let first: unknown;
  try {
    return checkCallable(evaluate(source, url, strict, scope, position));
  } catch (error) {
    first = error;
  }
  try {
    // A private name is an ordinary one outside its class.
    const member = source.replace(/^((?:async\s+)?(?:\*\s*)?)#/, '$1');
    const { column, line } = position;
    const holder = evaluate(`{${member}}`, url, strict, scope, { line, column: column - 1 }) as object;
    Object.setPrototypeOf(holder, nothingAbove(name));
    const [key] = Reflect.ownKeys(holder);
    const property: Partial<Record<'get' | 'set' | 'value', unknown>> =
      Reflect.getOwnPropertyDescriptor(holder, key ?? '') ?? {};
    return checkCallable(property.get ?? property.set ?? property.value);
  } catch (error) {
    // The first attempt speaks of the user's text unless only the second got as far as running something.
    const cause = error instanceof SyntaxError ? first : error;
    throw new TargetError(
      `${name || 'the target'} cannot run in another thread: its source does not stand alone (${(cause as Error).message}); ` +
        'use a function without super, private names, computed names and import.meta, or a module target',
      { cause },
    );
  }
}

/** What `super` leads to in a method: it would be the prototype of every object, without a word. */
function nothingAbove(name: string): object {
  const refuse = (): never => {
    throw new TargetError(
      `${name || 'the target'} uses super, which is not there in another thread; use a function without it, or a module target`,
    );
  };
  return new Proxy({}, { get: refuse, set: refuse });
}

function checkCallable(value: unknown): Callable {
  if (typeof value !== 'function') throw new SyntaxError('not a function');
  return value as Callable;
}

/**
 * If the error says that the target used a variable from outside, a `TargetError` that says what to do;
 * else the error itself. It is the target's own variable only if the frame that threw points into the
 * target's text, before that name: the user's modules may have bugs of the same sort.
 */
export function explainError(
  error: unknown,
  reference: SourceReference | { readonly kind: string },
): unknown {
  try {
    return explain(error, reference);
  } catch {
    // A proxy, or a getter of the user's, may throw at every look.
    return error;
  }
}

function explain(error: unknown, reference: SourceReference | { readonly kind: string }): unknown {
  if (reference.kind !== 'source' || !(error instanceof ReferenceError)) return error;
  const { source, url, name: target } = reference as SourceReference;
  const name = /^(?:Can't find variable: )?([\p{ID_Start}$_][\p{ID_Continue}$]*)(?: is not defined)?$/u.exec(
    error.message,
  )?.[1];
  const known = compiled.get(`${url}\n${source}`);
  if (name === undefined || !known || !pointsAt(error, name, source, url, known.position)) return error;
  const explained = new TargetError(
    `${target || 'the target'} uses the variable ${name} from outside, which is not there in another thread; ` +
      `pass it in args, or move the function to a module and use targetsFrom()`,
    { cause: error },
  );
  // The frames of the mistake, not those of its discovery.
  const frames = /^\s*at [^]*$/m.exec(error.stack ?? '')?.[0];
  if (frames !== undefined) explained.stack = `${explained.name}: ${explained.message}\n${frames}`;
  return explained;
}

function pointsAt(error: Error, name: string, source: string, url: string, position: Position): boolean {
  const frame = /^\s*at .*$/m.exec(error.stack ?? '')?.[0];
  const found = frame === undefined ? undefined : /:(\d+):(\d+)\)?$/.exec(frame);
  // Engines whose frames read otherwise, or no stack at all: that the name is in the text has to do.
  if (!frame || !found) return source.includes(name);
  if (!frame.includes(url)) return false;
  const line = Number(found[1]) - 1 - position.line;
  const column = Number(found[2]) - 1 - (line === 0 ? position.column : 0);
  // Engines point at the name, at the beginning of the statement that it stands in, or at an operator behind it.
  const rest = source.split('\n').slice(line);
  if (line < 0 || column < 0 || rest.length === 0 || column >= rest[0]!.length) return false;
  return rest[0]!.includes(name) || rest.join('\n').indexOf(name, column) >= 0;
}
