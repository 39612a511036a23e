import type { EdgeColumns, PlaceId } from "./figure";
import { distance } from "./lanes";
import { type Layout, x, y } from "./layout";

/** Shades of faint edges: of each, one sign after the other. */
export const SHADES = 8;

/** The faint edges of a figure, found by their layer and columns. */
export interface EdgeIndex {
  count: number;
  columns: number;
  layer: Uint16Array;
  source: Uint32Array;
  target: Uint32Array;
  influence: Float64Array;
  /** 0 to 2 × SHADES − 1: the weakest first, an odd number is negative. */
  shade: Uint8Array;
  /** As they are drawn: the strongest last. */
  order: Uint32Array;
  /** An edge by `key`. */
  at: Map<number, number>;
}

/** Edges between known places; others are left out. */
export function indexEdges(edges: EdgeColumns, columnOf: ReadonlyMap<PlaceId, number>): EdgeIndex {
  const length = edges.layer.length;
  const columns = columnOf.size;
  const [layer, source, target] = [new Uint16Array(length), new Uint32Array(length), new Uint32Array(length)];
  const influence = Float64Array.from(edges.influence);
  const at = new Map<number, number>();
  const kept: number[] = [];
  let most = 0;
  for (let i = 0; i < length; i++) {
    const [from, to] = [columnOf.get(edges.source[i] as PlaceId), columnOf.get(edges.target[i] as PlaceId)];
    if (from === undefined || to === undefined) continue;
    layer[i] = edges.layer[i] as number;
    source[i] = from;
    target[i] = to;
    at.set(key(columns, layer[i] as number, from, to), i);
    most = Math.max(most, Math.abs(influence[i] as number));
    kept.push(i);
  }
  const shade = Uint8Array.from(influence, (value) => {
    const size = most > 0 ? Math.sqrt(Math.abs(value) / most) : 0;
    return 2 * Math.min(SHADES - 1, Math.floor(size * SHADES)) + (value < 0 ? 1 : 0);
  });
  const order = Uint32Array.from(kept).sort((a, b) => (shade[a] as number) - (shade[b] as number));
  return { count: kept.length, columns, layer, source, target, influence, shade, order, at };
}

const key = (columns: number, layer: number, source: number, target: number) =>
  (layer * columns + source) * columns + target;

export const find = (edges: EdgeIndex, layer: number, source: number, target: number): number =>
  edges.at.get(key(edges.columns, layer, source, target)) ?? -1;

/** The strongest edge within reach of a point; −1 where there is none. It looks at as many edges as there are columns. */
export function edgeAt(edges: EdgeIndex, layout: Layout, at: readonly [number, number], reach: number): number {
  const layer = Math.floor((layout.bottom - at[1]) / layout.row);
  if (layer < 0 || layer >= layout.layers || edges.count === 0) return -1;
  const t = (layout.bottom - at[1]) / layout.row - layer;
  // From the farther end, each line that passes here leads to few columns at the nearer one.
  const fromTop = t < 0.5;
  const share = fromTop ? 1 - t : t;
  let best = -1;
  for (let far = 0; far < layout.columns; far++) {
    const here = (at[0] - x(layout, far) * (1 - share)) / share;
    // Reach along the layer, of lines a column more slanted than the one through the point.
    const slope = Math.hypot(1, (Math.abs(here - x(layout, far)) + layout.column) / layout.row);
    const wide = (reach * slope) / share / layout.column;
    const middle = (here - layout.left) / layout.column;
    const last = Math.min(layout.columns - 1, Math.floor(middle + wide));
    for (let near = Math.max(0, Math.ceil(middle - wide)); near <= last; near++) {
      const found = fromTop ? find(edges, layer, near, far) : find(edges, layer, far, near);
      if (found < 0 || (best >= 0 && size(edges, found) <= size(edges, best))) continue;
      const [x1, y1, x2, y2] = ends(edges, layout, found);
      if (distance(at, [x1, y1], [x2, y2]) <= reach) best = found;
    }
  }
  return best;
}

const size = (edges: EdgeIndex, index: number) => Math.abs(edges.influence[index] as number);

/** The edges that leave a node or reach it, the strongest first. */
export function edgesOf(edges: EdgeIndex, layer: number, column: number): number[] {
  const found: number[] = [];
  for (let other = 0; other < edges.columns; other++) {
    const out = find(edges, layer, column, other);
    const into = layer > 0 ? find(edges, layer - 1, other, column) : -1;
    if (out >= 0) found.push(out);
    if (into >= 0) found.push(into);
  }
  return found.sort((a, b) => size(edges, b) - size(edges, a));
}

/** The ends of an edge, in pixels. */
export function ends(edges: EdgeIndex, layout: Layout, index: number): [number, number, number, number] {
  const layer = edges.layer[index] as number;
  return [
    x(layout, edges.source[index] as number),
    y(layout, layer),
    x(layout, edges.target[index] as number),
    y(layout, layer + 1),
  ];
}
