/**
 * Messages between the threads of a pool, for values that bytes cannot carry and results that do not fit a slot.
 *
 * The owner has a port to each worker, so what it posts is there as soon as the worker is, whatever the owner
 * does afterwards. Other submitters have none: a worker listens on a broadcast channel of its own while it
 * wants the arguments of such a task, and each of these submitters listens on one for its results. A message is always
 * posted before the state of the slot says so, and taken without a turn of the event loop.
 */
import { receiveNow, TransferError, type Port, type Wire } from '@x/core';
import { GENERATION_SHIFT } from './layout.js';
import { OWNER_SLOTS } from './sizes.js';

const GENERATIONS = 2 ** (32 - GENERATION_SHIFT);

/** The arguments or the result of a task. */
export interface Letter {
  readonly kind: 'letter';
  readonly area: number;
  readonly slot: number;
  readonly generation: number;
  readonly wire: Wire;
}

/** A shelf: shared memory for payloads that do not fit a slot. */
export interface ShelfNotice {
  readonly kind: 'shelf';
  readonly number: number;
  /** Undefined: the shelf is not used any more. */
  readonly buffer: SharedArrayBuffer | undefined;
}

export type Mail = Letter | ShelfNotice;

/** What a message goes out through; a `Port` or a `BroadcastChannel`. */
export type Sender = Pick<Port, 'postMessage'>;

/** Posts a message. Throws `TransferError` if structured clone cannot carry it. */
export function post(sender: Sender, mail: Mail, transfer: readonly unknown[] = []): void {
  try {
    sender.postMessage(mail, transfer);
  } catch (cause) {
    throw notCarried(cause);
  }
}

/** An error of structured clone, as one of the contract. */
export function notCarried(cause: unknown): TransferError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TransferError(
    `a value cannot travel to another thread: ${reason}; pass data, or list it in transfer`,
    {
      cause,
    },
  );
}

/** Posts one message on a channel that the receiver listens on. */
export function broadcast(name: string, mail: Mail): void {
  const channel = new BroadcastChannel(name);
  try {
    post(channel, mail);
  } finally {
    channel.close();
  }
}

/** Where this thread's mail of one pool arrives: takes it in order, and keeps what is not asked for yet. */
export class Inbox {
  readonly #letters = new Map<number, Wire>();
  readonly #receive: () => { readonly message: unknown } | undefined;
  readonly #onShelf: (notice: ShelfNotice) => void;

  constructor(
    receive: () => { readonly message: unknown } | undefined,
    onShelf: (notice: ShelfNotice) => void = () => undefined,
  ) {
    this.#receive = receive;
    this.#onShelf = onShelf;
  }

  /** How many letters are kept. */
  get size(): number {
    return this.#letters.size;
  }

  /** The letter of a task, or undefined if it has not arrived. */
  take(area: number, slot: number, generation: number): Wire | undefined {
    this.collect();
    const key = keyOf(area, slot, generation);
    const wire = this.#letters.get(key);
    this.#letters.delete(key);
    return wire;
  }

  /** Takes in what has arrived. */
  collect(): void {
    for (let received = this.#receive(); received; received = this.#receive()) {
      const mail = received.message as Mail;
      if (mail.kind === 'shelf') this.#onShelf(mail);
      else this.#letters.set(keyOf(mail.area, mail.slot, mail.generation), mail.wire);
    }
  }

  /** Throws letters away that nobody will ask for. */
  prune(isWanted: (area: number, slot: number, generation: number) => boolean): void {
    for (const key of this.#letters.keys()) {
      const slot = Math.floor(key / GENERATIONS);
      if (!isWanted(Math.floor(slot / OWNER_SLOTS), slot % OWNER_SLOTS, key % GENERATIONS))
        this.#letters.delete(key);
    }
  }
}

/** Below 2 ** 53: an area has a few thousand slots at most, and there are a few hundred areas. */
function keyOf(area: number, slot: number, generation: number): number {
  return (area * OWNER_SLOTS + slot) * GENERATIONS + generation;
}

/** Listens on a channel. */
export function listen(name: string): { readonly inbox: Inbox; close(): void } {
  const channel: { unref?: () => void; close(): void } = new BroadcastChannel(name);
  channel.unref?.();
  return {
    inbox: new Inbox(() => receiveNow(channel)),
    close: () => {
      channel.close();
    },
  };
}

/** Name of the channel on which a worker takes arguments from submitters that have no port to it. */
export function workerChannel(pool: string, record: number): string {
  return `@x/executor/${pool}/worker/${record}`;
}

/** Name of the channel on which a submitter that has no port takes its results. */
export function areaChannel(pool: string, area: number): string {
  return `@x/executor/${pool}/area/${area}`;
}
