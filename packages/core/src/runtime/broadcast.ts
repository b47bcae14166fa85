/** A channel to all threads of the process that can also be read by a thread that does not return to its event loop. */

import { nodeProcess, workerThreads } from './builtins.js';

/** One thread's end of a channel. Does not keep the thread alive. */
export interface Broadcast {
  /** Reaches every thread that has opened the channel by now, even if that thread is blocked. */
  post(message: object): void;
  /** The next message that has arrived, without waiting for one. */
  receive(): unknown;
}

/**
 * Opens the channel of that name. Undefined where messages cannot be read without a turn of the event
 * loop, or cannot carry shared memory to all: on the web.
 *
 * @param onMessage called in the event loop for messages that `receive` has not taken
 */
export function openBroadcast(name: string, onMessage: (message: unknown) => void): Broadcast | undefined {
  if (!nodeProcess()) return undefined;
  const { BroadcastChannel, receiveMessageOnPort } = workerThreads();
  const channel = new BroadcastChannel(name);
  channel.onmessage = (event: unknown) => {
    onMessage((event as { data: unknown }).data);
  };
  channel.unref();
  return {
    post(message) {
      channel.postMessage(message);
    },
    receive() {
      // It takes this kind of channel too, which the declarations do not say.
      return receiveMessageOnPort(channel as never)?.message as unknown;
    },
  };
}
