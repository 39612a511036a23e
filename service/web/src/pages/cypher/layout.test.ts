import { expect, test } from "vitest";
import { layout } from "./layout";
import type { GraphEdge, GraphNode } from "./values";

const node = (id: string, properties = {}): GraphNode => ({ id, labels: ["N"], properties });
const edge = (source: string, target: string): GraphEdge => ({
  id: source + target,
  type: "T",
  source,
  target,
  properties: {},
});

const columnsOf = (nodes: GraphNode[], edges: GraphEdge[]) => {
  const { at } = layout(nodes, edges);
  const xs = [...new Set([...at.values()].map(({ x }) => x))].sort((a, b) => a - b);
  return Object.fromEntries([...at].map(([id, { x }]) => [id, xs.indexOf(x)]));
};

test("columns are distances from where the graph begins", () => {
  const edges = [edge("run", "case"), edge("i", "case"), edge("run", "chunk")];
  expect(
    columnsOf(
      ["case", "run", "chunk", "i"].map((id) => node(id)),
      edges,
    ),
  ).toEqual({ run: 0, case: 1, chunk: 1, i: 2 });
});

test("a circle, a loop and a node alone have places of their own", () => {
  const nodes = ["a", "b", "c", "alone"].map((id) => node(id));
  const { at } = layout(nodes, [edge("a", "b"), edge("b", "c"), edge("c", "a"), edge("a", "a")]);
  expect(new Set([...at.values()].map(({ x, y }) => `${x} ${y}`)).size).toBe(4);
});

test("layers are columns, and positions rows that hold across them", () => {
  const nodes = [
    node("a", { layer: 0, position: 5 }),
    node("b", { layer: 1, position: 2 }),
    node("c", { layer: 1, position: 5 }),
  ];
  const { at } = layout(nodes, []);
  expect(at.get("a")?.y).toBe(at.get("c")?.y);
  expect(at.get("b")?.x).toBe(at.get("c")?.x);
  expect(at.get("a")?.x).toBeLessThan(at.get("c")?.x as number);
});

test("nothing has a place too", () => {
  expect(layout([], []).at.size).toBe(0);
});

test("some hundred nodes take no time", () => {
  const nodes = Array.from({ length: 300 }, (_, id) => node(String(id)));
  const edges = nodes.flatMap((_, id) => [1, 2, 7, 30].map((step) => edge(String(id), String((id * step + 1) % 300))));
  const began = performance.now();
  expect(layout(nodes, edges).at.size).toBe(300);
  expect(performance.now() - began).toBeLessThan(100);
});
