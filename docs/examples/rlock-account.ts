/** A re-entrant lock: a method that holds it calls another that takes it again. */
import { RLock } from '@x/lock';
import { Thread } from '@x/thread';

function trade(lock: RLock, accounts: Int32Array, times: number): void {
  const deposit = (account: number, amount: number): void =>
    lock.with(() => void (accounts[account]! += amount));
  const transfer = (from: number, to: number, amount: number): void =>
    lock.with(() => {
      deposit(from, -amount);
      deposit(to, amount);
    });
  for (let i = 0; i < times; i++) transfer(i % 2, (i + 1) % 2, 1 + (i % 7));
}

const lock = new RLock({ name: 'bank' });
const accounts = new Int32Array(new SharedArrayBuffer(8)).fill(1000);
const threads = [1, 2, 3].map(() => new Thread({ target: trade, args: [lock, accounts, 700] }));
for (const thread of threads) thread.start();
for (const thread of threads) thread.result();
console.log(`Together still ${accounts[0]! + accounts[1]!}, the first has ${accounts[0]}.`);
