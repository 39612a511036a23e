import { type EdgeIndex, edgeAt, edgesOf, ends } from "./edges";
import type { Hit, Place } from "./figure";
import type { Point } from "./lanes";
import { type Layout, nodeAt } from "./layout";
import { type Drawn, pathAt, stepsOf } from "./scene";

const REACH = { node: 11, path: 4, edge: 4 }; // pixels

/** What a figure is made of, as the pointer meets it. */
export interface Scene {
  layout: Layout;
  places: readonly Place[];
  edges: EdgeIndex;
  drawn: readonly Drawn[];
}

/** What is at a point of a figure that is zoomed k times: nodes before lines, and these before edges. */
export function hitAt(scene: Scene, at: Point, k: number): Hit | null {
  const { layout, places, edges, drawn } = scene;
  const node = nodeAt(layout, at, REACH.node / k);
  if (node !== null) return nodeHit(places, node.layer, node.column);
  const line = pathAt(drawn, layout, at, REACH.path / k);
  if (line !== null) return { kind: "path", ...line };
  const edge = edgeAt(edges, layout, at, REACH.edge / k);
  return edge < 0 ? null : edgeHit(scene, edge);
}

export const nodeHit = (places: readonly Place[], layer: number, column: number): Hit => ({
  kind: "node",
  layer,
  place: (places[column] as Place).id,
});

export function edgeHit({ edges, places }: Scene, index: number): Hit {
  const place = (columns: Uint32Array) => (places[columns[index] as number] as Place).id;
  return {
    kind: "edge",
    index,
    layer: edges.layer[index] as number,
    source: place(edges.source),
    target: place(edges.target),
    influence: edges.influence[index] as number,
  };
}

/** What begins or ends at a node, the strongest first: its edges, then the steps of paths. */
export function hitsAround(scene: Scene, layer: number, column: number): Hit[] {
  const edges = edgesOf(scene.edges, layer, column).map((index) => edgeHit(scene, index));
  return [...edges, ...stepsOf(scene.drawn, layer, column).map((step): Hit => ({ kind: "path", ...step }))];
}

/** One string for each thing that can be hit. */
export function identity(hit: Hit | null): string {
  if (hit === null) return "";
  if (hit.kind === "node") return `node ${hit.layer} ${hit.place}`;
  return hit.kind === "path" ? `path ${hit.path.id} ${hit.step}` : `edge ${hit.index}`;
}

export interface Glow {
  points: readonly Point[];
  negative: boolean;
  width: number;
}

/** The lines that stand out while something is hit: of a node, all its edges. */
export function glow({ layout, edges, drawn }: Scene, hit: Hit | null, columnOf: ReadonlyMap<unknown, number>): Glow[] {
  if (hit === null) return [];
  if (hit.kind === "path") {
    const found = drawn.find(({ path }) => path.id === hit.path.id);
    const segment = found?.segments[hit.step];
    const negative = hit.path.sign < 0;
    return segment === undefined ? [] : [{ points: segment.line, negative, width: hit.path.width + 3 }];
  }
  const line = (index: number, width: number): Glow => {
    const [x1, y1, x2, y2] = ends(edges, layout, index);
    const points: Point[] = [
      [x1, y1],
      [x2, y2],
    ];
    return { points, negative: (edges.influence[index] as number) < 0, width };
  };
  if (hit.kind === "edge") return [line(hit.index, 3.5)];
  return edgesOf(edges, hit.layer, columnOf.get(hit.place) ?? -1).map((index) => line(index, 1.6));
}
