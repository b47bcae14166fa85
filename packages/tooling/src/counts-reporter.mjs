/**
 * A vitest reporter that appends `{ passed, failed, skipped }` to the file named by `COUNTS_FILE`, so that
 * `verify` can add up several runs. A file that could not be loaded and an unhandled error are failures.
 */
import { appendFileSync } from 'node:fs';

/** @typedef {import('vitest/reporters').Reporter} Reporter */

/** @implements {Reporter} */
export default class CountsReporter {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly unknown[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      let ownFailures = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        // A test that never finished is as good as failed.
        counts[state === 'pending' ? 'failed' : state]++;
        if (state === 'failed') ownFailures++;
      }
      if (!module.ok() && ownFailures === 0) counts.failed++;
    }
    const file = process.env['COUNTS_FILE'];
    if (file) appendFileSync(file, `${JSON.stringify(counts)}\n`);
  }
}
