import { describe, expect, it } from 'vitest';
import { replaceResults, resultsSection } from '../src/harness/document.js';
import { median, ratios, spreadOf } from '../src/harness/statistics.js';
import { lineChart } from '../src/harness/svg.js';
import { figure, markdownTable, notes, textTable } from '../src/harness/table.js';
import { linesOf, type RowResult } from '../src/harness/verdict.js';
import { keepInFlight } from '../src/harness/window.js';

function rowWith(change: Partial<RowResult>): RowResult {
  return {
    id: 'lock/free',
    what: 'Lock, free',
    category: 'throughput',
    unit: 'ns',
    better: 'lower',
    targets: [],
    outcomes: [
      { name: 'ours', role: 'ours', values: [10, 12, 11] },
      { name: 'slow peer', role: 'peer', values: [100, 120, 110] },
      { name: 'quick peer', role: 'peer', values: [20, 12, 11] },
      { name: 'bare', role: 'baseline', values: [10, 10, 10] },
    ],
    ...change,
  };
}

describe('statistics', () => {
  it('take the middle value, or the mean of the two in the middle', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 7])).toBe(6);
    expect(median([])).toBeNaN();
  });

  it('do not reorder the values they are given', () => {
    const values = [3, 1, 2];
    expect(spreadOf(values)).toEqual({ median: 2, min: 1, max: 3 });
    expect(values).toEqual([3, 1, 2]);
  });

  it('compare run with run', () => {
    expect(ratios([10, 30], [5, 10])).toEqual([2, 3]);
  });
});

describe('verdicts', () => {
  it('judge the median of the ratios of the runs', () => {
    const [line] = linesOf(rowWith({ targets: [{ against: 'bare', atMost: 1.1 }] }));
    expect(line).toMatchObject({ verdict: 'ok', ratio: { median: 1.1, min: 1, max: 1.2 } });
    expect(linesOf(rowWith({ targets: [{ against: 'bare', atMost: 1.05 }] }))[0]!.verdict).toBe('behind');
  });

  it('know the best peer of costs and of rates', () => {
    const targets = [{ against: 'best peer', atMost: 1 }];
    expect(linesOf(rowWith({ targets }))[0]!.reference).toBe('quick peer');
    expect(linesOf(rowWith({ targets, better: 'higher' }))[0]!.reference).toBe('slow peer');
  });

  it('judge a value by itself where there is nothing to compare it with', () => {
    const [line] = linesOf(rowWith({ targets: [{ against: 'nothing', atMost: 5 }] }));
    expect(line).toMatchObject({ verdict: 'behind', target: '≤ 5 ns', ratio: undefined });
  });

  it('list every contestant once, also those that no target names', () => {
    const lines = linesOf(rowWith({ targets: [{ against: 'bare', atMost: 2 }] }));
    expect(lines.map(({ reference }) => reference)).toEqual(['bare', 'slow peer', 'quick peer']);
  });

  it('say that nothing was measured, never that it is well', () => {
    const outcomes = [
      { name: 'ours', role: 'ours', values: [1] },
      { name: 'bare', role: 'baseline', values: [], missing: 'gcc is not installed' },
    ] as const;
    const row = rowWith({ outcomes, targets: [{ against: 'bare', atMost: 1 }] });
    expect(linesOf(row)[0]!.verdict).toBe('not measured');
    expect(notes([row])).toEqual(['Lock, free: bare was not measured (gcc is not installed).']);
  });
});

describe('tables', () => {
  it('print three significant digits', () => {
    expect([0, 0.01234, 1.2345, 12.345, 1234567, NaN].map(figure)).toEqual([
      '0',
      '0.0123',
      '1.23',
      '12.3',
      '1,230,000',
      '–',
    ]);
  });

  it('name a row once and align its columns', () => {
    const table = textTable(linesOf(rowWith({ targets: [{ against: 'bare', atMost: 1 }] }))).split('\n');
    expect(table).toHaveLength(4);
    expect(table.filter((line) => line.startsWith('Lock, free'))).toHaveLength(1);
    expect(new Set(table.map((line) => line.search(/against|bare|slow|quick/))).size).toBe(1);
  });

  it('keep a bar in a cell from ending it', () => {
    expect(markdownTable(linesOf(rowWith({ what: 'a|b' })))).toContain(String.raw`a\|b`);
  });
});

describe('the page', () => {
  const report = {
    machine: [['processor', 'one']] as const,
    runs: 5,
    quick: false,
    results: [rowWith({}), rowWith({ id: 'growth/x', what: 'drawn, not listed' })],
  };

  it('has a table for each category that was measured, without the rows that are drawn', () => {
    const section = resultsSection(report);
    expect(section.match(/^### .*/gm)).toEqual(['### Throughput']);
    expect(section).not.toContain('drawn, not listed');
  });

  it('is replaced between its marks and nowhere else', () => {
    const page =
      'before\n<!-- results: written by the bench, not by hand -->\nold\n<!-- end of results -->\nafter\n';
    const once = replaceResults(page, 'NEW');
    expect(once).toMatch(/^before\n[^]*NEW[^]*\nafter\n$/);
    expect(once).not.toContain('old');
    expect(replaceResults(once, 'NEW')).toBe(once);
    expect(() => replaceResults('no marks', 'NEW')).toThrow(/no place/);
  });
});

describe('charts', () => {
  it('draw a line through every point, within the frame, and escape what they print', () => {
    const svg = lineChart({
      title: 'a < b',
      xLabel: 'threads',
      yLabel: 'ns',
      xTicks: [1, 4, 16],
      series: [
        {
          name: '@x & co',
          points: [
            [1, 10],
            [4, 100],
            [16, 1000],
          ],
        },
      ],
    });
    expect(svg).toContain('a &lt; b');
    expect(svg).toContain('@x &amp; co');
    const places = [...svg.matchAll(/cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [
      Number(x),
      Number(y),
    ]);
    expect(places).toHaveLength(3);
    // Logarithmic on both axes: equal factors are equal distances.
    expect(places[1]![0]! - places[0]![0]!).toBeCloseTo(places[2]![0]! - places[1]![0]!, 0);
    expect(places[0]![1]! - places[1]![1]!).toBeCloseTo(places[1]![1]! - places[2]![1]!, 0);
  });
});

describe('a window of operations', () => {
  it('never has more in flight than it may, and ends after the last', async () => {
    let inFlight = 0;
    let most = 0;
    let ended = 0;
    await keepInFlight(25, 4, async () => {
      most = Math.max(most, ++inFlight);
      await Promise.resolve();
      inFlight--;
      ended++;
    });
    expect({ most, ended, inFlight }).toEqual({ most: 4, ended: 25, inFlight: 0 });
  });

  it('fails with the first operation that fails', async () => {
    await expect(keepInFlight(3, 1, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });
});
