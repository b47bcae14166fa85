import { runtime } from '@x/core';

/** Whether this is the thread that the process began with; false in every other thread. */
export const isMainThread: boolean = runtime.isMainThread;
