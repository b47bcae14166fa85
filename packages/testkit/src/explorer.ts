/**
 * The interleaving explorer, for model tests.
 *
 * @packageDocumentation
 */
export { explore } from './explorer/explore.js';
export {
  ExplorationError,
  Interrupted,
  type Body,
  type Events,
  type Explored,
  type ExploreOptions,
  type Merging,
  type Outcome,
  type VirtualThread,
} from './explorer/options.js';
export { LONG } from './time.js';
