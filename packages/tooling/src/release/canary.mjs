/**
 * Publishes what is on main, as a snapshot under the tag `canary`: `npm install @x/lock@canary`. Changes versions and
 * changelogs in the working tree; a workflow throws these away.
 */
import { ROOT, runStep } from '../run-step.mjs';
import { pendingBumps } from '../api/released.mjs';

if (pendingBumps(ROOT).size === 0) {
  console.log('No changeset is pending, so main is what has been released; there is nothing to try out.');
} else {
  const steps = [
    ['changeset', 'version', '--snapshot', 'canary'],
    ['pnpm', 'run', 'build'],
    ['changeset', 'publish', '--no-git-tag', '--tag', 'canary'],
  ];
  for (const [command = '', ...args] of steps) {
    const { status } = await runStep(command, args, { live: true });
    if (status !== 0) process.exit(status);
  }
}
