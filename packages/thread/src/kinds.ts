/** Numbers of the kinds of this package; see the table in ARCHITECTURE.md. */
export const LOCAL_KIND = 15;
export const THREAD_KIND = 16;
/** Not a kind that travels: what the wait note of a sleeping thread says. */
export const SLEEP_KIND = 20;
