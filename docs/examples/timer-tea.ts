/** Timers: threads that begin later, unless they are cancelled before. */
import { Event } from '@x/event';
import { Timer } from '@x/thread';

const ready = new Event();
const tea = new Timer(
  50,
  (minutes: number, ready: Event) => {
    console.log(`Tea is ready after ${minutes} minutes.`);
    ready.set();
  },
  [4, ready],
);
const alarm = new Timer(60_000, () => console.log('The house is on fire.'));

tea.start();
alarm.start();
console.log('Waiting for the tea.');
ready.wait();
alarm.cancel();
alarm.join();
console.log('No alarm.');
