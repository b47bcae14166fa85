/**
 * The script of a thread's worker. It is built as the text of a function of `given` that holds copies of all it needs,
 * so that nothing else is loaded before the target; what the copies share with the packages that
 * the target's modules import hangs on the global object.
 */
import { loadModule, useImporter, type ProgramMeans } from '@x/core';
import { isBoot, isSpareBoot } from './messages.js';
import { runThread, type Means } from './run.js';
import { awaitAssignment } from './spare.js';

declare const given: ProgramMeans;

const { data, importModule, makeCode } = given;
useImporter(importModule);
const means: Means = {
  // Errors are made by the copy of the codec that the target's modules know, so that `instanceof` finds their classes.
  decoder: async ({ codec }) =>
    ((await loadModule(codec)) as unknown as Pick<typeof import('@x/core'), 'decode'>).decode,
  makeCode,
};
if (isBoot(data)) runThread(data, means);
else if (isSpareBoot(data)) awaitAssignment(data, means);
