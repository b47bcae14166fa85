/** What travels beside bytes, as any thread sees it. */
import { receiveMessageOnPort } from 'node:worker_threads';

/** See bytes-parcels.ts in core. */
const CHANNEL = '@x/core:parcels/1';

/** How many shared buffers were sent to all threads while the body ran, and how many of those were not let go. */
export async function parcelsOf(body: () => unknown): Promise<{ sent: number; kept: number }> {
  const kept = new Set<string>();
  let sent = 0;
  const count = ({ offer, taken = [] }: { offer?: string; taken?: string[] }): void => {
    if (offer !== undefined) {
      kept.add(offer);
      sent++;
    }
    for (const ticket of taken) kept.delete(ticket);
  };
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = (event) => {
    count((event as { data: object }).data);
  };
  try {
    await body();
    // What the event loop has not brought yet.
    for (let next; (next = receiveMessageOnPort(channel as never));) count(next.message as object);
    return { sent, kept: kept.size };
  } finally {
    channel.close();
  }
}
