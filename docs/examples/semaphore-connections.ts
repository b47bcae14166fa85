/** Ten clients share three connections to a database; a bounded semaphore notices if one is given back twice. */
import { BoundedSemaphore } from '@x/semaphore';
import { AtomicInt32 } from '@x/shared';
import { Thread } from '@x/thread';

async function query(connections: BoundedSemaphore, open: AtomicInt32, peak: AtomicInt32, n: number) {
  const { sleepAsync } = await import('@x/thread');
  return connections.withAsync(async () => {
    const now = open.add(1) + 1;
    for (let seen = peak.load(); now > seen;) {
      const found = peak.compareExchange(seen, now);
      if (found === seen) break;
      seen = found;
    }
    await sleepAsync(5); // the database thinks
    open.sub(1);
    return n * n;
  });
}

const CONNECTIONS = 3;
const connections = new BoundedSemaphore(CONNECTIONS, { name: 'connections' });
const open = new AtomicInt32(0);
const peak = new AtomicInt32(0);

const clients = Array.from(
  { length: 10 },
  (_, n) => new Thread({ target: query, args: [connections, open, peak, n] }),
);
for (const client of clients) client.start();
const rows = await Promise.all(clients.map((client) => client.resultAsync()));
console.log('Rows:', ...rows);
console.log(`At most ${CONNECTIONS} connections at a time:`, peak.load() <= CONNECTIONS);

try {
  connections.release(); // one too many
} catch (error) {
  console.log('Given back twice:', (error as Error).name);
}
