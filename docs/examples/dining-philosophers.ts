/** Five philosophers and five forks. Everyone takes the fork with the lower number first, so nobody starves. */
import { Lock } from '@x/lock';
import { Thread } from '@x/thread';

function dine(seat: number, forks: readonly Lock[], eating: Int32Array, meals: number): number {
  const seats = forks.length;
  const left = seat;
  const right = (seat + 1) % seats;
  const [first, second] = [Math.min(left, right), Math.max(left, right)];
  let disturbed = 0;
  for (let meal = 0; meal < meals; meal++) {
    forks[first]!.with(() =>
      forks[second]!.with(() => {
        Atomics.store(eating, seat, 1);
        for (const neighbour of [(seat + 1) % seats, (seat + seats - 1) % seats]) {
          disturbed += Atomics.load(eating, neighbour);
        }
        Atomics.store(eating, seat, 0);
      }),
    );
  }
  return disturbed;
}

const MEALS = 200;
const names = ['Aristotle', 'Kant', 'Spinoza', 'Marx', 'Russell'];
// Were there a mistake in the order of the forks, a lock would throw a DeadlockError that names the cycle.
const forks = names.map((name) => new Lock({ name: `fork of ${name}`, detectDeadlock: true }));
const eating = new Int32Array(new SharedArrayBuffer(4 * names.length));

const philosophers = names.map(
  (name, seat) => new Thread({ target: dine, args: [seat, forks, eating, MEALS], name }),
);
for (const philosopher of philosophers) philosopher.start();
for (const philosopher of philosophers) {
  const disturbed = philosopher.result();
  console.log(`${philosopher.name} ate ${MEALS} times, while a neighbour ate: ${disturbed}`);
}
