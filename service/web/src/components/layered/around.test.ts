import { expect, test } from "vitest";
import { indexEdges } from "./edges";
import { hitsAround, identity } from "./hits";
import { layOut } from "./layout";
import { drawPaths } from "./scene";

test("around a node are its edges, and the steps of paths that leave or reach it, the widest first", () => {
  const places = [0, 1].map((id) => ({ id, label: String(id) }));
  const columnOf = new Map(places.map((place, column) => [place.id, column]));
  const layout = layOut(places, 2, 400, 300, false);
  const path = { places: [0, 1], sign: 1 as const };
  const drawn = drawPaths(
    [
      { ...path, id: "thin", from: 0, width: 1 },
      { ...path, id: "wide", from: 1, places: [1, 0], width: 3 },
      { ...path, id: "elsewhere", from: 1, width: 9 },
    ],
    layout,
    columnOf,
    undefined,
  );
  const edges = indexEdges({ layer: [0, 0], source: [1, 0], target: [1, 0], influence: [0.5, 2] }, columnOf);
  const found = hitsAround({ layout, places, edges, drawn }, 1, 1);
  expect(found.map(identity)).toEqual(["edge 0", "path wide 0", "path thin 0"]);
});
