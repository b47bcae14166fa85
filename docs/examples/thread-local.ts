/** Each thread has its own value of a thread-local: no lock, and nobody disturbs anybody. */
import { Thread, ThreadLocal } from '@x/thread';

interface Session {
  user: string;
  requests: number;
}

function serve(session: ThreadLocal<Session>, user: string, requests: number): string {
  session.value.user = user;
  // Whatever is called further down finds the session without being handed it.
  const handle = (): void => {
    session.value.requests++;
  };
  for (let i = 0; i < requests; i++) handle();
  return `${session.value.user}: ${session.value.requests} requests`;
}

const session = new ThreadLocal<Session>(() => ({ user: 'nobody', requests: 0 }));
const threads = [
  new Thread({ target: serve, args: [session, 'ada', 3] }),
  new Thread({ target: serve, args: [session, 'grace', 5] }),
];
for (const thread of threads) thread.start();
for (const thread of threads) console.log(thread.result());
console.log(`${session.value.user}: ${session.value.requests} requests`);
