/**
 * A schedule as text: which choice was taken at each node, where it was not the first.
 * `p2/17.1/3.2` means: within two preemptions, 17 nodes with the first choice, then the second choice,
 * three with the first, then the third, and the first from there on.
 */
export function formatSchedule(preemptions: number, path: readonly number[]): string {
  const parts = [`p${preemptions}`];
  let first = 0;
  for (const taken of path) {
    if (taken === 0) {
      first++;
      continue;
    }
    parts.push(`${first}.${taken}`);
    first = 0;
  }
  return parts.join('/');
}

/** Reads what `formatSchedule` wrote. */
export function parseSchedule(text: string): { preemptions: number; path: number[] } {
  const [head = '', ...parts] = text.split('/');
  const preemptions = Number(head.slice(1));
  const path: number[] = [];
  for (const part of parts) {
    const [first, taken] = part.split('.').map(Number);
    if (!Number.isInteger(first) || !Number.isInteger(taken)) break;
    for (let i = 0; i < first!; i++) path.push(0);
    path.push(taken!);
  }
  if (!head.startsWith('p') || Number.isNaN(preemptions) || formatSchedule(preemptions, path) !== text) {
    throw new RangeError(`'${text}' is not a schedule; copy what follows "replay:" in a failure`);
  }
  return { preemptions, path };
}
