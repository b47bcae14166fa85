/** Moments at which something is due in this thread, whether its event loop turns or it is blocked. */
import { deadlineAfter, remaining } from '@x/core';
import { clearTimeout, performance, setTimeout } from '@x/core/seam';

interface Alarm {
  readonly at: number;
  readonly run: () => void;
  timer: unknown;
}

/** The longest delay that a timer takes. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** Calls back once, after so many milliseconds, however many they are; keeps the process alive. Returns what takes it back. */
export function after(ms: number, run: () => void): () => void {
  const deadline = deadlineAfter(ms);
  let timer: unknown;
  const arm = (): void => {
    const left = remaining(deadline);
    timer = setTimeout(left > TIMER_MAX_MS ? arm : run, Math.min(left, TIMER_MAX_MS));
  };
  arm();
  return () => {
    clearTimeout(timer);
  };
}

export class Alarms {
  readonly #alarms = new Set<Alarm>();

  /** Calls back once, after so many milliseconds. Returns what takes the alarm back. Does not keep the process alive. */
  set(ms: number, run: () => void): () => void {
    const alarm: Alarm = { at: deadlineAfter(ms), run, timer: undefined };
    this.#alarms.add(alarm);
    this.#arm(alarm);
    return () => {
      clearTimeout(alarm.timer);
      this.#alarms.delete(alarm);
    };
  }

  /** Milliseconds until the next one is due; `Infinity` if there is none. */
  next(): number {
    if (this.#alarms.size === 0) return Infinity;
    let next = Infinity;
    for (const { at } of this.#alarms) next = Math.min(next, at);
    return Math.max(0, next - performance.now());
  }

  /** Runs what is due. For a thread whose timers cannot fire, since it is blocked. */
  ring(): void {
    if (this.#alarms.size === 0) return;
    const now = performance.now();
    for (const alarm of [...this.#alarms]) if (alarm.at <= now) this.#fire(alarm);
  }

  #arm(alarm: Alarm): void {
    const left = Math.max(0, alarm.at - performance.now());
    if (left === Infinity) return;
    alarm.timer = setTimeout(
      () => {
        if (alarm.at - performance.now() > 1) this.#arm(alarm);
        else this.#fire(alarm);
      },
      Math.min(left, TIMER_MAX_MS),
    );
    // Where timers are numbers, nothing has to be kept from staying alive.
    (alarm.timer as { unref?: () => void }).unref?.();
  }

  #fire(alarm: Alarm): void {
    if (!this.#alarms.delete(alarm)) return;
    clearTimeout(alarm.timer);
    alarm.run();
  }
}
