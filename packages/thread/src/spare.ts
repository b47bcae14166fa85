/**
 * A worker of the reserve: it has loaded everything, and waits for the thread that it is to be. Until
 * then it is no thread: it has no record, and belongs to no realm.
 *
 * It waits in its event loop, which costs nothing and which a message wakes whatever the thread that
 * sends it does next, also if that blocks.
 */
import { READY, type Assignment, type SpareBoot } from './messages.js';
import { platform } from './platform.js';
import { runThread } from './run.js';

/** Waits for the message that says which thread this is, and becomes it. */
export function awaitAssignment(spare: SpareBoot): void {
  const system = platform();
  const port = system.port(spare.port);
  let assigned = false;
  port.onMessage((message) => {
    // What comes later is for the thread, which listens, too.
    if (assigned) return;
    assigned = true;
    const { boot, environment } = message as Assignment;
    system.environment = environment;
    port.keepAlive(false);
    runThread({ ...boot, port: spare.port });
  });
  // Nothing else keeps it from ending. It ends with the thread that made it, as every worker does.
  port.keepAlive(true);
  // Every thread loads this for the kinds of the package; and the first import() of a thread takes longest.
  void import('./index.js').then(() => {
    Atomics.store(new Int32Array(spare.ready), 0, READY);
  });
}
