import { expect, test } from "vitest";
import { edgePaths } from "./edgePaths";
import { edgeAt, edgesOf, ends, find, indexEdges } from "./edges";
import type { Path } from "./figure";
import { hitAt, identity, type Scene } from "./hits";
import { distance, lanes, type Point, route } from "./lanes";
import { layOut, nodeAt, x, y } from "./layout";
import { drawPaths, pathAt } from "./scene";

const PLACES = ["a", "b", "c", "d", "e"].map((id) => ({ id, label: id }));
const COLUMNS = new Map(PLACES.map(({ id }, column) => [id, column]));
const LAYOUT = layOut(PLACES, 3, 700, 400, true);

/** Every edge there can be, of an influence that no other has. */
function everything() {
  const [layer, source, target, influence]: [number[], string[], string[], number[]] = [[], [], [], []];
  for (let l = 0; l < 3; l++)
    for (const from of PLACES)
      for (const to of PLACES) {
        layer.push(l);
        source.push(from.id);
        target.push(to.id);
        influence.push((influence.length % 2 ? -1 : 1) * (1 + influence.length));
      }
  return { layer, source, target, influence };
}

test("nodes stand in the frame, and are found where they stand", () => {
  for (let layer = 0; layer <= 3; layer++)
    for (let column = 0; column < 5; column++) {
      const at: Point = [x(LAYOUT, column), y(LAYOUT, layer)];
      expect(at[0] > 0 && at[0] < 700 && at[1] > 0 && at[1] < 400).toBe(true);
      expect(nodeAt(LAYOUT, at, 10)).toEqual({ layer, column });
      expect(nodeAt(LAYOUT, [at[0] + 11, at[1]], 10)).toBeNull();
    }
  expect(nodeAt(LAYOUT, [LAYOUT.left - LAYOUT.column, LAYOUT.bottom], 10)).toBeNull();
});

test("labels that do not fit are turned", () => {
  const many = Array.from({ length: 64 }, (_, id) => ({ id, label: "word" }));
  expect(LAYOUT.labels).toBe("flat");
  expect(layOut(many, 3, 700, 400, true).labels).toBe("upright");
  expect(layOut(many.slice(0, 18), 3, 700, 400, true).labels).toBe("slanted");
});

test("edges are found by their ends, and those at unknown places are left out", () => {
  const edges = everything();
  const index = indexEdges({ ...edges, source: edges.source.map((id, i) => (i === 0 ? "nowhere" : id)) }, COLUMNS);
  expect(index.count).toBe(74);
  expect(find(index, 0, 0, 0)).toBe(-1);
  expect(find(index, 2, 4, 4)).toBe(74);
  expect(find(index, 1, 0, 3)).toBe(28);
  const shades = Array.from(index.order, (edge) => index.shade[edge]);
  expect(shades).toEqual([...shades].sort((a, b) => (a ?? 0) - (b ?? 0))); // the strongest are drawn last
});

test("the edge under a point is the strongest of those that pass there", () => {
  const edges = everything();
  const index = indexEdges(edges, COLUMNS);
  // Against a search of all: at many points, of all bands.
  for (let i = 0; i < 600; i++) {
    const at: Point = [60 + ((i * 37) % 640), LAYOUT.bottom - ((i * 13.7) % (3 * LAYOUT.row - 1)) - 0.5];
    const near = Array.from({ length: index.count }, (_, edge) => edge).filter((edge) => {
      const [x1, y1, x2, y2] = ends(index, LAYOUT, edge);
      return at[1] <= y1 && at[1] >= y2 && distance(at, [x1, y1], [x2, y2]) <= 4;
    });
    const strongest = Math.max(-1, ...near); // influences grow with the number
    expect(edgeAt(index, LAYOUT, at, 4)).toBe(strongest);
  }
});

test("a node has the edges in and out, the strongest first", () => {
  const index = indexEdges(everything(), COLUMNS);
  const found = edgesOf(index, 1, 2);
  expect(found).toHaveLength(10);
  expect(found).toEqual([...found].sort((a, b) => b - a));
  expect(edgesOf(index, 0, 2)).toHaveLength(5);
  expect(edgesOf(index, 3, 2)).toHaveLength(5);
});

test("paths on one step run side by side, and one alone in the middle", () => {
  const ways = [
    { from: 0, columns: [0, 2, 2], width: 4 },
    { from: 0, columns: [4, 2, 2], width: 6 },
    { from: 1, columns: [2, 2], width: 2 },
  ];
  const offsets = lanes(ways, 3);
  expect(offsets[0]?.[0]).toBe(0);
  const [a, b, c] = [offsets[0]?.[1], offsets[1]?.[1], offsets[2]?.[0]] as [number, number, number];
  expect(a < b).toBe(true); // that from the left runs at the left
  expect(Math.abs(a - b)).toBeGreaterThanOrEqual(8);
  expect(new Set([a, b, c]).size).toBe(3);
});

test("a route begins and ends at its nodes, and its pieces meet", () => {
  const nodes: Point[] = [
    [0, 100],
    [50, 50],
    [50, 0],
  ];
  const [first, second] = route(nodes, [0, 0], 10);
  expect(first?.line[0]).toEqual([0, 100]);
  expect(second?.line.at(-1)).toEqual([50, 0]);
  expect(first?.line.at(-1)).toEqual(second?.line[0]);
});

const PATHS: Path[] = [
  { id: "one", places: ["a", "a", "c", "c"], sign: 1, width: 5, steps: [{ dash: "dotted" }, { label: "3" }, {}] },
  { id: "step", from: 1, places: ["d", "e"], sign: -1, width: 4 },
  { id: "lost", places: ["a", "nowhere"], sign: 1, width: 4 },
];

test("paths end at the top where they reach it, and are hit along their lines", () => {
  const drawn = drawPaths(PATHS, LAYOUT, COLUMNS, "c");
  expect(drawn.map(({ path, segments }) => [path.id, segments.length])).toEqual([
    ["one", 4],
    ["step", 1],
  ]);
  expect(drawn[0]?.badges.map((spot) => spot !== null)).toEqual([false, true, false, false]);
  const between: Point = [(x(LAYOUT, 0) + x(LAYOUT, 2)) / 2, y(LAYOUT, 1.5)];
  expect(pathAt(drawn, LAYOUT, between, 4)).toMatchObject({ path: { id: "one" }, step: 1 });
  expect(pathAt(drawn, LAYOUT, [between[0], between[1] + 40], 4)).toBeNull();
});

test("nodes are hit before lines, and these before edges", () => {
  const scene: Scene = {
    layout: LAYOUT,
    places: PLACES,
    edges: indexEdges(everything(), COLUMNS),
    drawn: drawPaths(PATHS, LAYOUT, COLUMNS, "c"),
  };
  const at = (column: number, layer: number): Point => [x(LAYOUT, column), y(LAYOUT, layer)];
  expect(identity(hitAt(scene, at(0, 1), 1))).toBe("node 1 a");
  expect(identity(hitAt(scene, at(1, 1.5), 1))).toBe("path one 1");
  expect(hitAt(scene, at(4, 0.5), 1)).toMatchObject({
    kind: "edge",
    layer: 0,
    source: "e",
    target: "e",
    influence: 25,
  });
  expect(hitAt(scene, [5, 5], 1)).toBeNull();
});

test("a saved figure has every edge", () => {
  const index = indexEdges(everything(), COLUMNS);
  const text = [...edgePaths(index, LAYOUT, 1)].join("");
  expect(text.match(/M/g)).toHaveLength(75);
  expect(text).toContain("stroke-dasharray");
});
