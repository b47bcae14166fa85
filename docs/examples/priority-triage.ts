/** A priority queue: the urgent first, and among equals those who came first. */
import { PriorityQueue } from '@x/queue';
import { Thread } from '@x/thread';

type Patient = [urgency: number, name: string];

async function treat(waiting: PriorityQueue<Patient>): Promise<string[]> {
  const treated: string[] = [];
  for await (const [urgency, name] of waiting) treated.push(`${name} (${urgency})`);
  return treated;
}

const waiting = new PriorityQueue<Patient>();
waiting.put([3, 'Ola, a cough']);
waiting.put([1, 'Kim, no pulse']);
waiting.put([2, 'Sam, a fracture']);
waiting.put([1, 'Noa, bleeding']);
waiting.put([3, 'Eli, a cold']);
waiting.shutdown(); // nobody comes any more; what is in the queue can still be got

const doctor = new Thread({ target: treat, args: [waiting], name: 'doctor' });
doctor.start();
for (const line of doctor.result()) console.log(line);
