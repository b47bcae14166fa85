/**
 * For workers of your own that run threads, where a bundler has to see the worker's file; see `expose`.
 *
 * @packageDocumentation
 */
export { expose } from '@x/thread/worker';
