/**
 * The models. Where it is left open which of several waiting threads goes on, in Python or here, a model
 * avoids the operation: then nothing but the primitive decides about the outcome.
 */
import type { Random } from '@x/testkit';
import { barrierModel, eventModel, semaphoreModel } from './flow-models.js';
import { conditionModel, lockModel } from './lock-models.js';
import { futureModel, queueModel } from './queue-models.js';
import type { Model } from './script.js';

/** The model of each kind. */
export const MODELS: Record<string, (rng: Random, canShutDown: boolean) => Model> = {
  Lock: (rng) => lockModel(rng, false),
  RLock: (rng) => lockModel(rng, true),
  ConditionOfLock: (rng) => conditionModel(rng, false),
  ConditionOfRLock: (rng) => conditionModel(rng, true),
  Semaphore: (rng) => semaphoreModel(rng, false),
  BoundedSemaphore: (rng) => semaphoreModel(rng, true),
  Event: (rng) => eventModel(rng),
  Barrier: (rng) => barrierModel(rng, false),
  FailingBarrier: (rng) => barrierModel(rng, true),
  Queue: (rng, canShutDown) => queueModel(rng, canShutDown),
  LifoQueue: (rng, canShutDown) => queueModel(rng, canShutDown),
  PriorityQueue: (rng, canShutDown) => queueModel(rng, canShutDown),
  Future: (rng) => futureModel(rng),
};
