/** Every delay of the tests, under one scale factor: `TEST_TIME_SCALE=5` makes all of them five times as long. */

/** The factor. Slow machines and emulators want more than 1. */
export const TIME_SCALE: number = Number(process.env['TEST_TIME_SCALE'] ?? 1) || 1;

/** Whether tests may take their time: `TEST_LONG=1`. */
export const LONG: boolean = Boolean(process.env['TEST_LONG']);

/** Milliseconds, scaled. */
export function scaled(ms: number): number {
  return ms * TIME_SCALE;
}

/** Long enough that a running thread does something with near certainty, short enough to be repeated. */
export const SHORT_MS: number = scaled(20);

/** A time-out that a test wants to see expire. */
export const EXPIRES_MS: number = scaled(50);

/** A time-out that must not expire unless something is broken. */
export const NEVER_MS: number = scaled(10_000);

/** How long a helper of this package waits for a state that must come. */
export const PATIENCE_MS: number = scaled(5_000);

/** How long a watchdog waits before it calls something stuck. */
export const STUCK_MS: number = scaled(10_000);

/** How often a helper looks. */
export const POLL_MS: number = 2;

/** Resolves after so many milliseconds; not scaled, so pass one of the constants above. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
