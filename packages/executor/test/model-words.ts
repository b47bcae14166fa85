/** What traces of models call the words of a pool. */
import * as layout from '../src/layout.js';

const NAMES = [
  'THREAD',
  'ASLEEP',
  'MODE',
  'CONTROL',
  'WAITS',
  'WAITAREA',
  'WAITEPOCH',
  'EXIT',
  'KILL',
  'DONE',
];

/** By index; those that models never look at have none. */
export function wordNames(): Record<number, string> {
  const names: Record<number, string> = {
    4: 'STATE',
    5: 'MAX',
    6: 'ALIVE',
    7: 'SLEEPERS',
    8: 'OWNER',
    9: 'RECORDS',
    10: 'AREAS',
    13: 'ASKS',
  };
  for (let record = 0; record < 4; record++) {
    NAMES.forEach((name, i) => (names[layout.recordBase(record) + i] = `w${record}.${name}`));
  }
  for (let area = 0; area < 2; area++) {
    const base = layout.areaBase(area);
    const words = { THREAD: 0, TAIL: 1, OVERFLOW: 2, HEAD: 16, WAITING: 32, SEQ: 33, LOOP_SEQ: 34, TICK: 35 };
    for (const [name, word] of Object.entries(words)) names[base + word] = `a${area}.${name}`;
    for (let cell = 0; cell < layout.ringOf(area); cell++)
      names[layout.ringBase(area) + cell] = `a${area}.cell${cell}`;
    for (let slot = 0; slot < layout.slotsOf(area); slot++)
      names[layout.slotBase(area, slot)] = `a${area}.slot${slot}`;
  }
  return names;
}
