/** A thread as a member of a realm: its id, and the note in its record that says what it waits for. */
import {
  DETECT_WORD,
  WAIT_EPOCH_WORD,
  WAIT_FLAGS_WORD,
  WAIT_KIND_WORD,
  WAIT_LOOKS_WORD,
  WAIT_OWNER_WORD,
  WAIT_SINCE_WORD,
  WAIT_UID_WORD,
} from './realm/layout.js';
import { epochNow, type Realm, type ThreadId } from './realm/realm.js';
import { Atomics } from './seam.js';

/** This thread as a member of one realm: its id there, and the note in its record that says what it waits for. */
export class Member {
  /** The realm whose member this is. */
  readonly realm: Realm;
  /** This thread's id in that realm. */
  readonly id: ThreadId;
  readonly #base: number;

  constructor(realm: Realm, id: ThreadId) {
    this.realm = realm;
    this.id = id;
    this.#base = realm.base(id);
  }

  /** Notes that a wait begins. Only this thread writes its note; others read it at any time. */
  beginWait(uid: number, kind: number, detect: boolean): void {
    const { words } = this.realm;
    const base = this.#base;
    Atomics.store(words, base + WAIT_KIND_WORD, kind);
    Atomics.store(words, base + WAIT_OWNER_WORD, 0);
    Atomics.store(words, base + WAIT_FLAGS_WORD, detect ? 1 : 0);
    this.realm.setTime(base + WAIT_SINCE_WORD, epochNow());
    Atomics.store(words, base + WAIT_UID_WORD, uid);
    Atomics.add(words, base + WAIT_EPOCH_WORD, 1);
  }

  /** Number of the latest wait; another one once that has ended. Plain read: only this thread writes it. */
  get waitEpoch(): number {
    return this.realm.words[this.#base + WAIT_EPOCH_WORD]!;
  }

  /** Notes whom the sleeper saw as the owner when it has just looked. */
  noteLook(owner: ThreadId): void {
    Atomics.store(this.realm.words, this.#base + WAIT_OWNER_WORD, owner);
    Atomics.add(this.realm.words, this.#base + WAIT_LOOKS_WORD, 1);
  }

  /** Notes that the wait is over. */
  endWait(): void {
    Atomics.store(this.realm.words, this.#base + WAIT_UID_WORD, 0);
    Atomics.add(this.realm.words, this.#base + WAIT_EPOCH_WORD, 1);
  }

  /** Whether deadlock detection is on for the whole process. */
  get detects(): boolean {
    return Atomics.load(this.realm.words, DETECT_WORD) !== 0;
  }
}
