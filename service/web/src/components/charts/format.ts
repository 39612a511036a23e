import { scaleLinear } from "d3-scale";
import type { Span } from "./chart";

/** A number of a chart in few digits. */
export const brief = (value: number): string =>
  Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 }).replace("-", "−");

/** A value with its interval. */
export function told(value: number | null, span: Span | null | undefined): string {
  if (value === null) return "–";
  return span == null ? brief(value) : `${brief(value)} (${brief(span[0])} to ${brief(span[1])})`;
}

/** A text that fits into so many pixels of a chart's type. */
export function clipped(text: string, width: number): string {
  const most = Math.max(3, Math.floor(width / PER_CHARACTER));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

const PER_CHARACTER = 6.4;

/** How wide the names beside bars are: no more than a share of the chart. */
export function namesWidth(names: readonly string[], width: number): number {
  const longest = names.reduce((most, name) => Math.max(most, name.length), 0);
  return Math.round(Math.min(longest * PER_CHARACTER + 16, Math.max(90, width * 0.46)));
}

/** An axis: as far as intervals, values and what is `within` reach, to round ends, with some ticks. */
export function axis(
  spans: readonly (Span | null)[],
  values: readonly (number | null)[],
  within: readonly number[] = [],
): { domain: [number, number]; ticks: number[] } {
  const all = [...values, ...spans.flat(), ...within].filter((value) => value !== null);
  const scale = scaleLinear([Math.min(...all), Math.max(...all)], [0, 1]).nice(5);
  const [low = 0, high = 1] = scale.domain();
  return { domain: [low, high], ticks: scale.ticks(5) };
}

/** How many lines each label moves down, so that labels of points that are near each other do not cover one another. */
export function labelRows(points: readonly { x: number; y: number }[], wide: number, high: number): number[] {
  const taken: { x: number; y: number }[] = [];
  return points.map(({ x, y }) => {
    const free = (row: number) =>
      taken.every((other) => Math.abs(other.x - x) >= wide || Math.abs(other.y - (y - row * high)) >= high * 0.9);
    let row = 0;
    while (!free(row) && row < points.length) row++;
    taken.push({ x, y: y - row * high });
    return row;
  });
}
