/** A buffer of four places between threads: one lock, and a condition for each thing that is waited for. */
import { Condition, Lock } from '@x/lock';
import { Thread } from '@x/thread';

interface BoundedBuffer {
  /** How many were put, how many were taken, how full it was at most; then the places. */
  readonly words: Int32Array;
  readonly notFull: Condition;
  readonly notEmpty: Condition;
}

function produce({ words, notFull, notEmpty }: BoundedBuffer, from: number, to: number): void {
  const places = words.length - 3;
  for (let n = from; n <= to; n++) {
    notFull.with(() => {
      notFull.waitFor(() => words[0]! - words[1]! < places);
      words[3 + (words[0]!++ % places)] = n;
      words[2] = Math.max(words[2]!, words[0]! - words[1]!);
      notEmpty.notify();
    });
  }
}

function consume({ words, notFull, notEmpty }: BoundedBuffer, count: number): number {
  const places = words.length - 3;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    notEmpty.with(() => {
      notEmpty.waitFor(() => words[0]! > words[1]!);
      sum += words[3 + (words[1]!++ % places)]!;
      notFull.notify();
    });
  }
  return sum;
}

const lock = new Lock();
const buffer: BoundedBuffer = {
  words: new Int32Array(new SharedArrayBuffer(4 * (3 + 4))),
  notFull: new Condition(lock),
  notEmpty: new Condition(lock),
};

const producers = [
  new Thread({ target: produce, args: [buffer, 1, 500] }),
  new Thread({ target: produce, args: [buffer, 501, 1000] }),
];
const consumers = [300, 700].map((count) => new Thread({ target: consume, args: [buffer, count] }));
for (const thread of [...producers, ...consumers]) thread.start();
for (const thread of producers) thread.join();

const [first, second] = consumers.map((thread) => thread.result());
console.log('Sum of 1 to 1000:', first! + second!);
console.log('Never more than four in the buffer:', buffer.words[2]! <= 4);
