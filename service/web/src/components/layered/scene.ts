import type { Path, PlaceId } from "./figure";
import { distance, lanes, type Point, route, type Segment } from "./lanes";
import { type Layout, x, y } from "./layout";

const GAP = 2.5; // pixels between parallel lines
const REACH = 12; // pixels around a node within which lines bend

/** A path as it is drawn. */
export interface Drawn {
  path: Path;
  from: number;
  columns: number[];
  /** One for each step, and one more to the top where it ends there. */
  segments: Segment[];
  /** Where its steps' labels stand; null where there is none. */
  badges: (Point | null)[];
}

/** Every path's lines, side by side where they take the same step. Those at unknown places are left out. */
export function drawPaths(
  paths: readonly Path[],
  layout: Layout,
  columnOf: ReadonlyMap<PlaceId, number>,
  top: PlaceId | undefined,
): Drawn[] {
  const known = paths.flatMap((path) => {
    const columns = path.places.map((place) => columnOf.get(place) ?? -1);
    return columns.includes(-1) ? [] : [{ path, from: path.from ?? 0, columns }];
  });
  const topColumn = top === undefined ? undefined : columnOf.get(top);
  const ways = known.map(({ path, from, columns }) => {
    const last = columns.at(-1) as number;
    const ends = from + columns.length - 1 === layout.layers && last === topColumn;
    return { from, columns: ends ? [...columns, last] : columns, width: path.width };
  });
  const offsets = lanes(ways, GAP);
  const reach = Math.min(REACH, 0.3 * layout.row);
  const taken: Point[] = [];
  return known.map(({ path, from, columns }, index) => {
    const way = ways[index] as (typeof ways)[number];
    const nodes = way.columns.map((column, step): Point => {
      const layer = from + step;
      return [x(layout, column), layer > layout.layers ? layout.top : y(layout, layer)];
    });
    const segments = route(nodes, offsets[index] as number[], reach);
    const badges = segments.map((segment, step) => {
      if (path.steps?.[step]?.label === undefined) return null;
      const spot = freeSpot(segment, taken);
      taken.push(spot);
      return spot;
    });
    return { path, from, columns, segments, badges };
  });
}

/** The steps of paths that leave a node or reach it, the widest first. */
export function stepsOf(drawn: readonly Drawn[], layer: number, column: number): { path: Path; step: number }[] {
  const found = drawn.flatMap(({ path, from, columns }) =>
    columns.slice(0, -1).flatMap((start, step) => {
      const leaves = from + step === layer && start === column;
      const reaches = from + step + 1 === layer && columns[step + 1] === column;
      return leaves || reaches ? [{ path, step }] : [];
    }),
  );
  return found.sort((a, b) => b.path.width - a.path.width);
}

const SHARES = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8];

/** The point of a step's straight part that is farthest from other badges, or near its middle. */
function freeSpot({ start, end }: Segment, taken: readonly Point[]): Point {
  const at = (share: number): Point => [start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])];
  const free = SHARES.find((share) => taken.every((other) => distance(at(share), other, other) > 15));
  return at(free ?? 0.5);
}

/** The line of a path nearest to a point, where one is within reach. */
export function pathAt(
  drawn: readonly Drawn[],
  layout: Layout,
  at: Point,
  reach: number,
): { path: Path; step: number } | null {
  let best: { path: Path; step: number } | null = null;
  let least = Number.POSITIVE_INFINITY;
  const layer = Math.floor((layout.bottom - at[1]) / layout.row);
  for (const { path, from, segments } of drawn) {
    // A line may bend around a node into the rows beside its own.
    for (let step = Math.max(0, layer - from - 1); step <= Math.min(segments.length - 1, layer - from + 1); step++) {
      const line = (segments[step] as Segment).line;
      for (let i = 0; i + 1 < line.length; i++) {
        const away = distance(at, line[i] as Point, line[i + 1] as Point) - path.width / 2;
        if (away < least && away <= reach) {
          least = away;
          best = { path, step: Math.min(step, path.places.length - 2) };
        }
      }
    }
  }
  return best;
}

/** A line as an SVG path has it. */
export const trace = (line: readonly Point[]): string =>
  line.map(([px, py], i) => `${i === 0 ? "M" : "L"}${px.toFixed(1)} ${py.toFixed(1)}`).join("");
