/** A line chart with logarithmic axes, as an SVG. Small on purpose: one kind of chart, no dependency. */

/** One line. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** What the chart shows. The first series is drawn boldly. */
export interface Chart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
  /** Where the x axis is marked; also its extent. */
  readonly xTicks: readonly number[];
  /** How a mark of the x axis is written. */
  readonly xFormat?: (x: number) => string;
}

const WIDTH = 760;
const HEIGHT = 420;
const LEFT = 76;
const RIGHT = 210;
const TOP = 44;
const BOTTOM = 52;

/** Told apart also without colour vision (Okabe and Ito); ours comes first. */
const COLOURS = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#666666', '#000000'];

/** Draws the chart. */
export function lineChart(chart: Chart): string {
  const values = chart.series.flatMap(({ points }) => points.map(([, y]) => y)).filter((y) => y > 0);
  const low = 10 ** Math.floor(Math.log10(Math.min(...values)));
  const high = 10 ** Math.ceil(Math.log10(Math.max(...values)));
  const x = logScale(chart.xTicks[0]!, chart.xTicks.at(-1)!, LEFT, WIDTH - RIGHT);
  const y = logScale(low, high, HEIGHT - BOTTOM, TOP);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escapeText(chart.title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(LEFT, 22, chart.title, 'font-size="15" font-weight="600"'),
    ...yAxis(low, high, y, chart.yLabel),
    ...xAxis(chart, x),
    ...chart.series.flatMap((series, index) => drawn(series, index, x, y)),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

type Scale = (value: number) => number;

function logScale(from: number, to: number, start: number, end: number): Scale {
  const span = Math.log(to) - Math.log(from) || 1;
  return (value) => start + ((Math.log(value) - Math.log(from)) / span) * (end - start);
}

function yAxis(low: number, high: number, y: Scale, label: string): string[] {
  const parts: string[] = [];
  for (let tick = low; tick <= high * 1.001; tick *= 10) {
    const at = y(tick).toFixed(1);
    parts.push(`<path d="M${LEFT} ${at}H${WIDTH - RIGHT}" stroke="#ddd"/>`);
    parts.push(text(LEFT - 8, y(tick) + 4, compact(tick), 'text-anchor="end"'));
  }
  const middle = (TOP + HEIGHT - BOTTOM) / 2;
  parts.push(text(16, middle, label, `text-anchor="middle" transform="rotate(-90 16 ${middle})"`));
  return parts;
}

function xAxis({ xTicks, xLabel, xFormat = String }: Chart, x: Scale): string[] {
  const bottom = HEIGHT - BOTTOM;
  return [
    `<path d="M${LEFT} ${bottom}H${WIDTH - RIGHT}" stroke="#333"/>`,
    ...xTicks.map((tick) => text(x(tick), bottom + 18, xFormat(tick), 'text-anchor="middle"')),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, xLabel, 'text-anchor="middle"'),
  ];
}

function drawn({ name, points }: Series, index: number, x: Scale, y: Scale): string[] {
  const colour = COLOURS[index % COLOURS.length]!;
  const places = points
    .filter(([, value]) => value > 0)
    .map(([a, b]) => `${x(a).toFixed(1)} ${y(b).toFixed(1)}`);
  const width = index === 0 ? 3 : 1.5;
  const legend = TOP + 10 + index * 20;
  return [
    `<path d="M${places.join('L')}" fill="none" stroke="${colour}" stroke-width="${width}"/>`,
    ...places.map((place) => `<circle cx="${place.replace(' ', '" cy="')}" r="3" fill="${colour}"/>`),
    `<path d="M${WIDTH - RIGHT + 16} ${legend - 4}h20" stroke="${colour}" stroke-width="${width}"/>`,
    text(WIDTH - RIGHT + 42, legend, name),
  ];
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" fill="#222" ${attributes}>${escapeText(content)}</text>`;
}

/** A power of ten as one says it: 10k, 1M. */
function compact(value: number): string {
  if (value >= 1e9) return `${value / 1e9}G`;
  if (value >= 1e6) return `${value / 1e6}M`;
  if (value >= 1e3) return `${value / 1e3}k`;
  return String(Number(value.toPrecision(1)));
}

function escapeText(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
