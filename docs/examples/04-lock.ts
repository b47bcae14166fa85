/** Two threads append a file to one string; the lock keeps their lines apart. */
import { Lock } from '@x/lock';
import { Thread } from '@x/thread';

/** A string in memory that all threads see: its length in the first word, its text behind. */
type SharedText = SharedArrayBuffer;

async function lockTask(lock: Lock, data: SharedText, file: string): Promise<void> {
  const { readFileSync } = await import('node:fs');
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const length = new Int32Array(data, 0, 1);
  const text = new Uint8Array(data, 4);
  lock.acquire();
  for (const line of lines) {
    const bytes = new TextEncoder().encode(`\n${line}`);
    text.set(bytes, length[0]);
    length[0]! += bytes.length;
  }
  lock.release();
}

const file = process.argv[2] ?? 'data.txt';
const lock = new Lock();
const data: SharedText = new SharedArrayBuffer(16 * 1024 * 1024);

const first = new Thread({ target: lockTask, args: [lock, data, file] });
const second = new Thread({ target: lockTask, args: [lock, data, file] });
first.start();
second.start();
first.join();
second.join();

const length = new Int32Array(data)[0]!;
// A decoder wants memory of its own, hence the slice.
console.log('Data: ', new TextDecoder().decode(new Uint8Array(data, 4, length).slice()));
