import type { GraphEdge, GraphNode } from "./values";

export interface Placed {
  /** Centres of nodes, by id. */
  at: Map<string, { x: number; y: number }>;
  width: number;
  height: number;
}

const COLUMN = 190;
const ROW = 40;
const MARGIN = 28;
const ROOM = 150; // beside the last column, for names

/**
 * Nodes in columns, from left to right:
 *
 * 1. Where every node has a layer and a position, as activations and sites have, these are column and row.
 * 2. Else a node's column is its distance from where its part of the graph begins: a node that nothing leads to.
 * 3. Within a column, nodes are ordered by the mean row of their neighbours in the column before, so that few edges cross.
 */
export function layout(nodes: GraphNode[], edges: GraphEdge[]): Placed {
  const columns = byLayer(nodes) ?? ordered(byDistance(nodes, edges), edges);
  const tallest = Math.max(1, ...columns.map((column) => column.length));
  const height = 2 * MARGIN + (tallest - 1) * ROW;
  const at = new Map<string, { x: number; y: number }>();
  columns.forEach((column, index) => {
    const top = MARGIN + ((tallest - column.length) * ROW) / 2;
    column.forEach((id, row) => {
      if (id !== null) at.set(id, { x: MARGIN + index * COLUMN, y: top + row * ROW });
    });
  });
  return { at, width: MARGIN + (columns.length - 1) * COLUMN + ROOM, height };
}

/** Columns by layer, with a row for each position; null where a node lacks them, or two are at one place. */
function byLayer(nodes: GraphNode[]): (string | null)[][] | null {
  const places = nodes.map(({ properties: { layer, position } }) => [layer, position]);
  if (nodes.length === 0 || !places.flat().every(Number.isInteger)) return null;
  if (new Set(places.map(String)).size < nodes.length) return null;
  const [layers, positions] = [0, 1].map((part) =>
    [...new Set(places.map((place) => place[part] as number))].sort((a, b) => a - b),
  ) as [number[], number[]];
  const columns = layers.map(() => new Array<string | null>(positions.length).fill(null));
  nodes.forEach((node, index) => {
    const [layer, position] = places[index] as [number, number];
    (columns[layers.indexOf(layer)] as (string | null)[])[positions.indexOf(position)] = node.id;
  });
  return columns;
}

function byDistance(nodes: GraphNode[], edges: GraphEdge[]): string[][] {
  const neighbours = adjacency(edges);
  const targets = new Set(edges.filter((edge) => edge.source !== edge.target).map((edge) => edge.target));
  const distance = new Map<string, number>();
  const starts = [...nodes.filter((node) => !targets.has(node.id)), ...nodes];
  for (const { id } of starts) {
    if (distance.has(id)) continue;
    distance.set(id, 0);
    for (const queue = [id]; queue.length > 0; ) {
      const here = queue.shift() as string;
      for (const next of neighbours.get(here) ?? []) {
        if (distance.has(next)) continue;
        distance.set(next, (distance.get(here) as number) + 1);
        queue.push(next);
      }
    }
  }
  const columns: string[][] = [];
  for (const [id, column] of distance) {
    while (columns.length <= column) columns.push([]);
    columns[column]?.push(id);
  }
  return columns;
}

function ordered(columns: string[][], edges: GraphEdge[]): string[][] {
  const neighbours = adjacency(edges);
  const rows = new Map(columns[0]?.map((id, row) => [id, row]));
  return columns.map((column, index) => {
    if (index === 0) return column;
    const middle = new Map(
      column.map((id) => {
        const before = [...(neighbours.get(id) ?? [])].map((each) => rows.get(each)).filter((row) => row !== undefined);
        return [id, before.reduce((sum, row) => sum + row, 0) / Math.max(1, before.length)];
      }),
    );
    const sorted = [...column].sort((a, b) => (middle.get(a) as number) - (middle.get(b) as number));
    sorted.forEach((id, row) => {
      rows.set(id, row);
    });
    return sorted;
  });
}

function adjacency(edges: GraphEdge[]): Map<string, Set<string>> {
  const neighbours = new Map<string, Set<string>>();
  for (const { source, target } of edges) {
    for (const [a, b] of [
      [source, target],
      [target, source],
    ] as const) {
      const known = neighbours.get(a);
      if (known === undefined) neighbours.set(a, new Set([b]));
      else known.add(b);
    }
  }
  return neighbours;
}
