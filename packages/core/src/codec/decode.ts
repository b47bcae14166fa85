/**
 * From what structured clone delivered to the value. Works in place on the clone, which is ours.
 * The message may come from anywhere: nothing in it is trusted, and a damaged one ends in
 * `LayoutError` or `TransferError` with nothing changed.
 */
import { agent, join } from '../agent.js';
import { describe } from '../deadline.js';
import { LayoutError, TransferError } from '../errors.js';
import { Realm } from '../realm/realm.js';
import { attachMemory } from '../words.js';
import { blankInstance, fillInstance, reviverOf } from './classes.js';
import { isStackOverflow } from './depth.js';
import { setOwn } from './own.js';
import { errorClass } from './errors.js';
import { findInstance } from './instances.js';
import { findKind, type Kind } from './kinds.js';
import {
  MARK,
  WIRE_VERSION,
  type ErrorMark,
  type HandleMark,
  type InstanceMark,
  type Marked,
  type ReferenceMark,
  type Wire,
} from './wire.js';

/** Whether a message is an encoded value. */
export function isWire(message: unknown): message is Wire {
  return (
    typeof message === 'object' &&
    message !== null &&
    Object.hasOwn(message, MARK) &&
    (message as Record<string, unknown>)[MARK] === 'wire'
  );
}

/**
 * Makes the value again that `encode` was given.
 *
 * @throws LayoutError for a message that is not one, is damaged, or of another version;
 * TransferError for a kind or class that this thread has not imported
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
export function decode(message: unknown): unknown {
  if (!isWire(message)) throw new LayoutError('this message was not made by toShared');
  if (message.version !== WIRE_VERSION) {
    throw new LayoutError(
      `the message has wire version ${shown(message.version)}, this copy of @x/core knows ${WIRE_VERSION}`,
    );
  }
  if (!message.marked) return message.value;
  try {
    return new Decoder().revive(message.value);
  } catch (error) {
    throw isStackOverflow(error) ? damaged('it is nested too deeply') : error;
  }
}

class Decoder {
  /** Marked objects and what they stand for, and containers that were visited. */
  readonly #done = new Map<object, unknown>();
  /** Marked objects that are being made. */
  readonly #open = new Set<object>();

  revive(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (this.#done.has(value)) return this.#done.get(value);
    if (Object.hasOwn(value, MARK)) return this.#marked(value as Marked);
    this.#done.set(value, value);
    if (value instanceof Map) this.#map(value);
    else if (value instanceof Set) this.#set(value);
    else if (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) this.#own(value);
    return value;
  }

  #own(value: object): void {
    for (const key of Object.keys(value)) {
      const before = (value as Record<string, unknown>)[key];
      const after = this.revive(before);
      if (after !== before) setOwn(value, key, after);
    }
  }

  #map(map: Map<unknown, unknown>): void {
    const entries = [...map];
    map.clear();
    for (const [key, item] of entries) map.set(this.revive(key), this.revive(item));
  }

  #set(set: Set<unknown>): void {
    const items = [...set];
    set.clear();
    for (const item of items) set.add(this.revive(item));
  }

  #marked(mark: Marked): unknown {
    switch (mark[MARK]) {
      case 'handle':
        return this.#handle(mark);
      case 'reference':
        return this.#reference(mark);
      case 'error':
        return this.#error(mark);
      case 'instance': {
        if (typeof mark.className !== 'string') throw damaged('an instance without the name of its class');
        return this.#instance(mark);
      }
      case 'plain': {
        const plain = {};
        this.#done.set(mark, plain);
        for (const [key, item] of ownOf(mark.own)) setOwn(plain, key, this.revive(item));
        return plain;
      }
      default:
        throw damaged('an unknown mark');
    }
  }

  #handle(handle: HandleMark): object {
    const kind = kindOf(handle);
    if (kind.make) throw damaged(`a ${kind.name} with memory`);
    let memory;
    try {
      memory = attachMemory(kind, handle.buffer, handle.byteOffset, realmOf(handle.realm), join);
    } catch (error) {
      if (error instanceof LayoutError) throw error;
      throw damaged(error instanceof Error ? error.message : String(error));
    }
    const known = findInstance(memory);
    if (known) {
      this.#done.set(handle, known);
      return known;
    }
    const name = typeof handle.name === 'string' && handle.name !== '' ? handle.name : undefined;
    const extra = this.#part(handle, handle.extra, kind.name);
    const primitive = kind.revive(memory, name, extra);
    this.#done.set(handle, primitive);
    return primitive;
  }

  #reference(mark: ReferenceMark): object {
    const kind = kindOf(mark);
    if (!kind.make) throw damaged(`a ${kind.name} without memory`);
    const made = kind.make(this.#part(mark, mark.extra, kind.name));
    this.#done.set(mark, made);
    return made;
  }

  #instance(mark: InstanceMark): object {
    const { className } = mark;
    const fromState = reviverOf(className);
    if (fromState) {
      const instance = fromState(this.#part(mark, mark.state, className));
      this.#done.set(mark, instance);
      return instance;
    }
    // Made before its state, which may refer to it.
    const instance = blankInstance(className);
    this.#done.set(mark, instance);
    fillInstance(instance, this.revive(mark.state));
    return instance;
  }

  /** Revives what is needed before the marked thing itself can be made; so it must not contain it. */
  #part(mark: Marked, part: unknown, what: string): unknown {
    if (this.#open.has(mark)) {
      throw new TransferError(
        `the state of a ${what} contains that ${what} itself; let its fromState be told later`,
      );
    }
    this.#open.add(mark);
    const revived = this.revive(part);
    this.#open.delete(mark);
    return revived;
  }

  #error(mark: ErrorMark): Error {
    if (typeof mark.className !== 'string' || typeof mark.message !== 'string')
      throw damaged('an error without class');
    const error = newError(mark.className, mark.message, mark.name);
    this.#done.set(mark, error);
    if (typeof mark.stack === 'string') hidden(error, 'stack', mark.stack);
    // A class nobody knows here keeps at least its name.
    if (typeof mark.name === 'string' && error.name !== mark.name) hidden(error, 'name', mark.name);
    for (const [key, item] of ownOf(mark.own)) {
      const value = this.revive(item);
      if (key === 'cause' || key === 'errors') hidden(error, key, value);
      else setOwn(error, key, value);
    }
    return error;
  }
}

/** The kind that a mark names. Throws if this thread does not know it, or in another version. */
function kindOf(mark: HandleMark | ReferenceMark): Kind {
  const kind = findKind(mark.kind);
  if (!kind) {
    throw new TransferError(
      `this thread cannot make a ${shown(mark.kindName)}: import the package that exports it first`,
    );
  }
  if (mark.version !== kind.version) {
    throw new LayoutError(
      `the ${kind.name} has layout version ${shown(mark.version)}, this copy of its package knows ${kind.version}; install one version`,
    );
  }
  return kind;
}

/** The realm whose memory a handle carries; this thread's own view of it, if it is a member. */
function realmOf(buffer: unknown): Realm {
  if (!(buffer instanceof SharedArrayBuffer)) throw damaged('a handle without a realm');
  const realm = new Realm(buffer);
  return agent().members.get(realm.identity)?.realm ?? realm;
}

function ownOf(own: unknown): [string, unknown][] {
  if (!Array.isArray(own)) throw damaged('properties that are not a list');
  // Not `map`, which leaves holes out.
  return Array.from(own, (entry: unknown) => {
    if (!Array.isArray(entry) || typeof entry[0] !== 'string') throw damaged('a property without a name');
    return [entry[0], entry[1]];
  });
}

function hidden(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: false, configurable: true });
}

function newError(className: string, message: string, name: unknown): Error {
  // What it says of itself is not in properties, and only its constructor puts it there.
  if (className === 'DOMException' && typeof DOMException === 'function')
    return new DOMException(message, typeof name === 'string' ? name : undefined);
  // Not called: a constructor of the user may want other arguments, or have effects.
  return Object.setPrototypeOf(new Error(message), errorClass(className).prototype as object) as Error;
}

/** A part of a message in an error's text; whatever it is, since not everything can be made a string. */
function shown(part: unknown): string {
  return typeof part === 'string' || typeof part === 'number' ? String(part) : describe(part);
}

function damaged(what: string): LayoutError {
  return new LayoutError(`the message is damaged: ${what}`);
}
