/**
 * Routes of several paths through one layered graph, side by side wherever they take the same step.
 *
 * 1. On every step the paths that take it get parallel lanes, as wide as their lines, ordered by where they come from.
 * 2. At every node a path changes from its lane before to its lane after along a curve, cut in the middle, so that each
 *    step is one line.
 */

export type Point = readonly [number, number];

/** The line of one step: half of the curve it starts with, a straight part, half of the curve it ends with. */
export interface Segment {
  line: Point[];
  start: Point;
  end: Point;
}

export interface Way {
  /** The layer of the first column. */
  from: number;
  columns: readonly number[];
  width: number;
}

/** How far right of its step's middle line each way runs, for each of its steps. */
export function lanes(ways: readonly Way[], gap: number): number[][] {
  const offsets = ways.map((way) => new Array<number>(Math.max(0, way.columns.length - 1)).fill(0));
  const together = new Map<string, [way: number, step: number][]>();
  ways.forEach((way, index) => {
    for (let step = 0; step + 1 < way.columns.length; step++) {
      const key = `${way.from + step} ${way.columns[step]} ${way.columns[step + 1]}`;
      const users = together.get(key);
      if (users === undefined) together.set(key, [[index, step]]);
      else users.push([index, step]);
    }
  });
  for (const users of together.values()) {
    users.sort((a, b) => before(ways[a[0]] as Way, a[1], ways[b[0]] as Way, b[1]) || a[0] - b[0]);
    const widths = users.map(([index]) => (ways[index] as Way).width);
    let edge = -(widths.reduce((sum, width) => sum + width, 0) + gap * (users.length - 1)) / 2;
    users.forEach(([index, step], order) => {
      const width = widths[order] as number;
      (offsets[index] as number[])[step] = edge + width / 2;
      edge += width + gap;
    });
  }
  return offsets;
}

/** Which of two ways on one step comes from further left: the last place where they differ decides. */
function before(a: Way, stepA: number, b: Way, stepB: number): number {
  for (let back = 1; back <= Math.min(stepA, stepB); back++) {
    const difference = (a.columns[stepA - back] as number) - (b.columns[stepB - back] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

const SAMPLES = 12; // of a curve; an even number

/** The steps of one way through `nodes`, `offsets` right of the middle lines, bending within `reach` of nodes. */
export function route(nodes: readonly Point[], offsets: readonly number[], reach: number): Segment[] {
  const unit = offsets.map((_, i) => direction(nodes[i] as Point, nodes[i + 1] as Point));
  const shifted = (node: Point, step: number): Point => {
    const [dx, dy] = unit[step] as Point;
    return [node[0] - dy * (offsets[step] as number), node[1] + dx * (offsets[step] as number)];
  };
  const segments: Segment[] = offsets.map((_, step) => {
    const start = shifted(nodes[step] as Point, step);
    const end = shifted(nodes[step + 1] as Point, step);
    return { start, end, line: [start, end] };
  });
  for (let step = 0; step + 1 < segments.length; step++) {
    const [into, out] = [segments[step] as Segment, segments[step + 1] as Segment];
    const meeting = corner(into.end, unit[step] as Point, out.start, unit[step + 1] as Point);
    const end = along(meeting ?? into.end, unit[step] as Point, -reach);
    const start = along(meeting ?? out.start, unit[step + 1] as Point, reach);
    const curve = cubic(
      end,
      along(end, unit[step] as Point, reach / 2),
      along(start, unit[step + 1] as Point, -reach / 2),
      start,
    );
    into.line = [...into.line.slice(0, -1), ...curve.slice(0, SAMPLES / 2 + 1)];
    out.line = [...curve.slice(SAMPLES / 2), ...out.line.slice(1)];
    into.end = end;
    out.start = start;
  }
  return segments;
}

/** Where the lanes before and after a node meet; nowhere, or too far off, if they are nearly parallel. */
function corner(a: Point, u: Point, b: Point, v: Point): Point | null {
  const turn = u[0] * v[1] - u[1] * v[0];
  if (Math.abs(turn) < 0.35) return null;
  return along(a, u, ((b[0] - a[0]) * v[1] - (b[1] - a[1]) * v[0]) / turn);
}

const along = (point: Point, unit: Point, by: number): Point => [point[0] + unit[0] * by, point[1] + unit[1] * by];

function direction(a: Point, b: Point): Point {
  const size = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1;
  return [(b[0] - a[0]) / size, (b[1] - a[1]) / size];
}

function cubic(a: Point, b: Point, c: Point, d: Point): Point[] {
  return Array.from({ length: SAMPLES + 1 }, (_, i) => {
    const t = i / SAMPLES;
    const s = 1 - t;
    const at = (k: 0 | 1) => s ** 3 * a[k] + 3 * s * s * t * b[k] + 3 * s * t * t * c[k] + t ** 3 * d[k];
    return [at(0), at(1)];
  });
}

/** How far a point is from a piece of a straight line. */
export function distance([px, py]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  const [dx, dy] = [bx - ax, by - ay];
  const size = dx * dx + dy * dy || 1;
  const t = Math.max(0, Math.min(1, ((px - ax) * dx + (py - ay) * dy) / size));
  return Math.hypot(px - ax - t * dx, py - ay - t * dy);
}
