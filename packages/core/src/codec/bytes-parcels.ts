/**
 * Shared memory that travels beside bytes. Bytes cannot carry a `SharedArrayBuffer`, so it goes to all
 * threads over a broadcast, as a parcel with a ticket, and the bytes carry the ticket.
 *
 * - P1. A parcel is posted before the bytes are handed over, and a post is in the queue of every thread
 *   that has opened the channel when it returns. So a thread that reads the bytes finds the parcel
 *   there, also one that blocks: it reads the channel without its event loop.
 * - P2. A thread that opens the channel says hello, and is sent again what others have sent before.
 *   One that misses a parcel all the same asks for it. Threads answer in their event loop, or, blocked,
 *   at the end of a slice. If all that have it are busy or dead, reading the bytes ends in a
 *   `TransferError`.
 * - P3. Every thread keeps a parcel until somebody says that the bytes were taken.
 *
 * On the web there is no such channel: there only what the reader knows already can be in the bytes.
 */
import { agent, home } from '../agent.js';
import { TransferError } from '../errors.js';
import { openBroadcast, type Broadcast } from '../runtime/broadcast.js';
import { runtime } from '../runtime/index.js';
import { Atomics, performance } from '../seam.js';

/** What is broadcast. The name says the version of the protocol. */
const CHANNEL = '@x/core:parcels/1';
type Message =
  | { readonly offer: string; readonly buffer: SharedArrayBuffer }
  | { readonly want: string }
  | { readonly hello: true }
  | { readonly taken: readonly string[] };

/** How long a reader asks before it gives up. A blocked thread answers within a slice. */
const PATIENCE_MS = 5_000;
/** How long it asks if the thread that sent the parcel has ended: others may still have it. */
const PATIENCE_AFTER_END_MS = 600;
const LOOK_AGAIN_MS = 2;

const PARCELS_KEY = Symbol.for('@x/core:parcels');
type Holder = { [PARCELS_KEY]?: Parcels };

/** This thread's parcels: one for all copies of this package. */
export function parcels(): Parcels {
  const holder = globalThis as Holder;
  const known = holder[PARCELS_KEY];
  return known ?? (holder[PARCELS_KEY] = new Parcels());
}

export class Parcels {
  readonly #kept = new Map<string, SharedArrayBuffer>();
  /** Tickets of those that this thread has sent. */
  readonly #own = new Set<string>();
  readonly #channel: Broadcast | undefined;
  #sent = 0;

  constructor() {
    this.#channel = openBroadcast(CHANNEL, (message) => {
      this.#accept(message as Message);
    });
    if (this.#channel) {
      agent().rounds.add(() => {
        this.#receive();
      });
      this.#channel.post({ hello: true });
    }
  }

  /** Sends the buffer to all threads; returns the ticket for it. */
  send(buffer: SharedArrayBuffer): string {
    const { realm, id } = home();
    const ticket = `${realm.identity}/${id}/${++this.#sent}`;
    if (this.#channel) {
      this.#kept.set(ticket, buffer);
      this.#own.add(ticket);
      this.#channel.post({ offer: ticket, buffer });
      this.#receive();
    }
    return ticket;
  }

  /**
   * The buffer for a ticket; asks the other threads for it if need be, and blocks meanwhile.
   *
   * @throws TransferError if it is not to be had
   */
  find(ticket: string): SharedArrayBuffer {
    this.#receive();
    return this.#kept.get(ticket) ?? this.#ask(ticket);
  }

  /** Says that the bytes with these tickets are gone. */
  drop(tickets: readonly string[]): void {
    this.#receive();
    this.#forget(tickets);
    this.#channel?.post({ taken: tickets });
  }

  #ask(ticket: string): SharedArrayBuffer {
    const [identity = '', sender = ''] = ticket.split('/');
    const member = agent().members.get(identity);
    const began = performance.now();
    const room = new Int32Array(new SharedArrayBuffer(4));
    // A thread that is unknown, or this one itself, sends nothing any more.
    while (this.#channel && runtime.canBlock && member && Number(sender) !== member.id) {
      this.#channel.post({ want: ticket });
      for (let look = 0; look < 50; look++) {
        Atomics.wait(room, 0, 0, LOOK_AGAIN_MS);
        this.#receive();
        const buffer = this.#kept.get(ticket);
        if (buffer) return buffer;
      }
      const patience = member.realm.hasEnded(Number(sender)) ? PATIENCE_AFTER_END_MS : PATIENCE_MS;
      if (performance.now() - began > patience) break;
    }
    throw new TransferError(
      'the value holds a primitive or SharedArrayBuffer that this thread does not have and that no thread could give it; ' +
        'pass it to this thread in its arguments before',
    );
  }

  #receive(): void {
    if (!this.#channel) return;
    for (let message = this.#channel.receive(); message !== undefined; message = this.#channel.receive()) {
      this.#accept(message as Message);
    }
  }

  #accept(message: Message): void {
    if ('offer' in message) {
      this.#kept.set(message.offer, message.buffer);
    } else if ('want' in message) {
      const buffer = this.#kept.get(message.want);
      if (buffer) this.#channel?.post({ offer: message.want, buffer });
    } else if ('hello' in message) {
      for (const ticket of this.#own) this.#channel?.post({ offer: ticket, buffer: this.#kept.get(ticket) });
    } else {
      this.#forget(message.taken);
    }
  }

  #forget(tickets: readonly string[]): void {
    for (const ticket of tickets) {
      this.#kept.delete(ticket);
      this.#own.delete(ticket);
    }
  }
}
