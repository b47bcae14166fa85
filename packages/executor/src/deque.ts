/** A first-in-first-out list whose both ends cost the same however long it is. */

/** Slots that an empty one keeps. Both are powers of two. */
const FEWEST = 16;
const MOST_KEPT = 4096;

/** A ring that doubles when it is full, so that one which fills and empties again and again allocates nothing. */
export class Deque<T> {
  #items: (T | undefined)[] = slots(FEWEST);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(item: T): void {
    if (this.#size === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#size++) & (this.#items.length - 1)] = item;
  }

  peek(): T | undefined {
    return this.#items[this.#head];
  }

  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const items = this.#items;
    const item = items[this.#head];
    items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (items.length - 1);
    if (--this.#size === 0) this.#clear();
    return item;
  }

  #clear(): void {
    this.#head = 0;
    if (this.#items.length > MOST_KEPT) this.#items = slots(FEWEST);
  }

  #grow(): void {
    const items = this.#items;
    const larger = slots<T>(items.length * 2);
    for (let i = 0; i < items.length; i++) larger[i] = items[(this.#head + i) & (items.length - 1)];
    this.#items = larger;
    this.#head = 0;
  }
}

function slots<T>(length: number): (T | undefined)[] {
  return new Array<T | undefined>(length).fill(undefined);
}
