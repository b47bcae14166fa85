/** A module that a worker of the reserve loads, so that what it loads for its thread is not the first one. */
export const nothing = (): undefined => undefined;
