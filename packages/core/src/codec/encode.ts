/**
 * From a value to what structured clone can carry.
 *
 * The first walk only looks: it names what cannot travel by its path, and finds whether anything is
 * special. Most values hold nothing special, and go as they are, without a copy. Otherwise a second
 * walk copies the containers and puts marked objects where something special was.
 */
import { describe } from '../deadline.js';
import { TransferError } from '../errors.js';
import { UID_WORD } from '../words.js';
import type { Primitive } from '../primitive.js';
import { isMap, isSet } from './brands.js';
import { instanceState, registeredName } from './classes.js';
import { isStackOverflow, tooDeep } from './depth.js';
import { errorClassName } from './errors.js';
import { keepInstance } from './instances.js';
import { KIND, type Kind } from './kinds.js';
import { setOwn } from './own.js';
import { keyName, member } from './paths.js';
import {
  MARK,
  WIRE_VERSION,
  type ErrorMark,
  type HandleMark,
  type ReferenceMark,
  type Wire,
} from './wire.js';

const CONTAINERS = new Set([
  '[object Object]',
  '[object Array]',
  '[object Map]',
  '[object Set]',
  '[object Arguments]',
]);
const IMMOVABLE = new Set([
  '[object Promise]',
  '[object WeakMap]',
  '[object WeakSet]',
  '[object WeakRef]',
  '[object Generator]',
  '[object AsyncGenerator]',
  '[object Intl.DateTimeFormat]',
]);

/**
 * Encodes a value, so that structured clone carries it and `decode` makes it again.
 *
 * @param path how messages call the value
 * @throws TransferError naming the path of what cannot travel
 * @example
 * ```ts
 * import { decode, encode } from '@x/core';
 * import { Event } from '@x/event';
 *
 * const event = new Event();
 * const arrived = structuredClone(encode({ event })); // what postMessage does
 * event.set();
 * console.log((decode(arrived) as { event: Event }).event.isSet());   // true
 * ```
 */
export function encode(value: unknown, path = 'value'): Wire {
  const inspector = new Inspector();
  const copier = new Copier();
  try {
    inspector.visit(value, path);
    return {
      [MARK]: 'wire',
      version: WIRE_VERSION,
      value: inspector.marked ? copier.copy(value) : value,
      marked: inspector.marked,
      modules: [...copier.modules],
    };
  } catch (error) {
    if (!isStackOverflow(error)) throw error;
    throw new TransferError(tooDeep(path));
  }
}

/** Whether the value is an error; also one of another global, and not a faked one. */
function isError(value: object): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

class Inspector {
  marked = false;
  readonly #seen = new Set<object>();

  visit(value: unknown, path: string): void {
    if (typeof value === 'function' || typeof value === 'symbol') {
      throw new TransferError(
        `${path} is a ${typeof value}, which cannot travel to another thread; ` +
          (typeof value === 'function' ? 'use a module target, or pass data' : 'pass a string'),
      );
    }
    if (typeof value !== 'object' || value === null || this.#seen.has(value)) return;
    this.#seen.add(value);
    if (KIND in value) {
      this.marked = true;
      const primitive = value as Primitive;
      const extra = primitive[KIND].extra?.(primitive);
      if (extra !== undefined) this.visit(extra, path);
      return;
    }
    const name = registeredName(value);
    if (name !== undefined) {
      this.marked = true;
      this.visit(instanceState(value, name), path);
      return;
    }
    if (isError(value)) {
      this.marked = true;
      for (const key of ownKeys(value)) this.visit(property(value, key), member(path, key));
      return;
    }
    this.#visitContainer(value, path);
  }

  #visitContainer(value: object, path: string): void {
    const tag = Object.prototype.toString.call(value);
    if (IMMOVABLE.has(tag)) {
      throw new TransferError(`${path} is a ${tag.slice(8, -1)}, which cannot travel to another thread`);
    }
    if (isMap(value, tag)) {
      for (const [key, item] of value) {
        this.visit(key, `${path}.key(${keyName(key)})`);
        this.visit(item, `${path}.get(${keyName(key)})`);
      }
    } else if (isSet(value, tag)) {
      let position = 0;
      for (const item of value) this.visit(item, `${path}.item(${position++})`);
    } else if (Array.isArray(value)) {
      for (const key of Object.keys(value)) {
        this.visit(property(value, key), /^\d+$/.test(key) ? `${path}[${key}]` : member(path, key));
      }
    } else if (isPlain(value, tag)) {
      if (Object.hasOwn(value, MARK)) this.marked = true;
      for (const key of Object.keys(value)) this.visit(property(value, key), member(path, key));
    }
  }
}

class Copier {
  readonly modules = new Set<string>();
  readonly #copies = new Map<object, object>();

  copy(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    const known = this.#copies.get(value);
    if (known) return known;
    if (KIND in value) return this.#handle(value as Primitive);
    // Before errors, which may have a state of their own choice, too.
    const name = registeredName(value);
    if (name !== undefined) {
      const mark = { [MARK]: 'instance', className: name, state: undefined as unknown };
      this.#copies.set(value, mark);
      mark.state = this.copy(instanceState(value, name));
      return mark;
    }
    if (isError(value)) return this.#error(value);
    return this.#container(value);
  }

  #container(value: object): object {
    const tag = Object.prototype.toString.call(value);
    if (isMap(value, tag)) {
      const copy = new Map<unknown, unknown>();
      this.#copies.set(value, copy);
      for (const [key, item] of value) copy.set(this.copy(key), this.copy(item));
      return copy;
    }
    if (isSet(value, tag)) {
      const copy = new Set<unknown>();
      this.#copies.set(value, copy);
      for (const item of value) copy.add(this.copy(item));
      return copy;
    }
    if (Array.isArray(value)) {
      const copy: unknown[] = [];
      // Setting the length keeps holes holes.
      copy.length = value.length;
      this.#copies.set(value, copy);
      this.#copyOwn(value, copy);
      return copy;
    }
    if (!isPlain(value, tag)) return value;
    if (Object.hasOwn(value, MARK)) {
      const own: [string, unknown][] = [];
      const mark = { [MARK]: 'plain', own };
      this.#copies.set(value, mark);
      for (const key of Object.keys(value)) own.push([key, this.copy(property(value, key))]);
      return mark;
    }
    const copy = {};
    this.#copies.set(value, copy);
    this.#copyOwn(value, copy);
    return copy;
  }

  #copyOwn(from: object, to: object): void {
    for (const key of Object.keys(from)) setOwn(to, key, this.copy(property(from, key)));
  }

  #handle(primitive: Primitive): HandleMark | ReferenceMark {
    const kind: Kind = primitive[KIND];
    if (kind.make) return this.#memoryless(primitive, kind);
    const { memory, name } = primitive;
    keepInstance(primitive, memory);
    this.modules.add(kind.module);
    const mark = {
      [MARK]: 'handle' as const,
      kind: kind.kind,
      kindName: kind.name,
      version: kind.version,
      module: kind.module,
      buffer: memory.buffer,
      byteOffset: memory.byteOffset,
      realm: memory.member.realm.buffer,
      name: name === `${kind.name}-${memory.words[UID_WORD]}` ? '' : name,
      extra: undefined as unknown,
    };
    this.#copies.set(primitive, mark);
    mark.extra = this.copy(kind.extra?.(primitive));
    return mark;
  }

  #memoryless(primitive: Primitive, kind: Kind): ReferenceMark {
    this.modules.add(kind.module);
    const { kind: number, name: kindName, version, module } = kind;
    const mark = {
      [MARK]: 'reference' as const,
      kind: number,
      kindName,
      version,
      module,
      extra: undefined as unknown,
    };
    this.#copies.set(primitive, mark);
    mark.extra = this.copy(kind.extra?.(primitive));
    return mark;
  }

  #error(error: Error): ErrorMark {
    // Whatever an error has been given as its name and message.
    const { name, message }: { name: unknown; message: unknown } = error;
    const own: [string, unknown][] = [];
    const mark: ErrorMark = {
      [MARK]: 'error',
      className: errorClassName(error),
      name: Object.hasOwn(error, 'name') ? undefined : textOf(name),
      message: textOf(message),
      stack: stackOf(error),
      own,
    };
    this.#copies.set(error, mark);
    for (const key of ownKeys(error)) own.push([key, this.copy(property(error, key))]);
    return mark;
  }
}

function isPlain(value: object, tag: string): boolean {
  // Class instances travel as plain objects, as with structured clone; platform objects are left to it.
  return CONTAINERS.has(tag) && !ArrayBuffer.isView(value);
}

/** Own properties of an error that travel: all but message and stack, `cause` included. */
function ownKeys(error: Error): string[] {
  return Object.getOwnPropertyNames(error).filter((key) => key !== 'message' && key !== 'stack');
}

/** What was given where a text should be. Not every object can be made one. */
function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return describe(value);
  }
}

/** The error's stack. It is made when it is first asked for, with name and message in it, whatever those are. */
function stackOf(error: Error): string | undefined {
  try {
    const { stack }: { stack?: unknown } = error;
    return typeof stack === 'string' ? stack : undefined;
  } catch {
    return undefined;
  }
}

function property(object: object, key: string): unknown {
  return (object as Record<string, unknown>)[key];
}
