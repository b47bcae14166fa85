/** On what and with what a run was made. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

/** Names and values, for the head of the table. */
export function describeMachine(): [name: string, value: string][] {
  const gibibytes = totalmem() / 2 ** 30;
  return [
    ['processor', `${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} cores`],
    ['memory', `${gibibytes.toFixed(1)} GiB`],
    ['system', `${type()} ${release()}`],
    ['Node', `${process.version} (V8 ${process.versions.v8})`],
    ['gcc', firstLine('gcc', ['--version'])],
    ['Python', firstLine('python3', ['--version'])],
    ['peers', peerVersions()],
    ['load before the table was printed', loadavg()[0]!.toFixed(2)],
  ];
}

function firstLine(command: string, parameters: string[]): string {
  const { stdout } = spawnSync(command, parameters, { encoding: 'utf8' });
  return stdout ? stdout.split('\n')[0]!.trim() : 'not installed';
}

/** The pinned versions of the peers. */
function peerVersions(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  return Object.entries(manifest.devDependencies)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}
