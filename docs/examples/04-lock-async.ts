/** Two threads append a file to one string, and never block: they await the lock. */
import { Lock } from '@x/lock';
import { Thread } from '@x/thread';

/** A string in memory that all threads see: its length in the first word, its text behind. */
type SharedText = SharedArrayBuffer;

async function lockTask(lock: Lock, data: SharedText, file: string): Promise<void> {
  const { readFile } = await import('node:fs/promises');
  const length = new Int32Array(data, 0, 1);
  const text = new Uint8Array(data, 4);
  await lock.withAsync(async () => {
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    for (const line of lines) {
      const bytes = new TextEncoder().encode(`\n${line}`);
      text.set(bytes, length[0]);
      length[0]! += bytes.length;
    }
  });
}

const file = process.argv[2] ?? 'data.txt';
const lock = new Lock();
const data: SharedText = new SharedArrayBuffer(16 * 1024 * 1024);

const threads = [1, 2].map(() => new Thread({ target: lockTask, args: [lock, data, file] }));
for (const thread of threads) thread.start();
await Promise.all(threads.map((thread) => thread.joinAsync()));

const length = new Int32Array(data)[0]!;
console.log('Data: ', new TextDecoder().decode(new Uint8Array(data, 4, length).slice()));
