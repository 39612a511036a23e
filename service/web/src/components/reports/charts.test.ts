import { expect, test } from "vitest";
import type { Bars, Grid, Lines, Points } from "../charts/chart";
import { drawingsOf } from "./charts";
import { drawComparison } from "./comparing";
import { wilson } from "./kinds";
import type { Row } from "./rows";

const draw = (report: string, rows: Row[], at = 0) => drawingsOf(report, rows)[at]?.draw(rows) ?? [];

test("heads are a map of layers, the first at the bottom, by components, the skip connection first", () => {
  const [map] = draw("heads", [
    { layer: 0, component: -1, pattern_share: 0.5 },
    { layer: 1, component: 2, pattern_share: 0.25 },
  ]) as [Grid];
  expect([map.rows, map.columns]).toEqual([
    ["1", "0"],
    ["skip", "h2"],
  ]);
  expect(map.cells).toEqual([
    [null, 0.25],
    [0.5, null],
  ]);
});

test("entropy against accuracy has a Wilson interval for each case", () => {
  const rows = [{ task: "t", case: "SP", instances: 30, nodes: 5, entropy: 0.2, accuracy: 0.9 }];
  const [points] = draw("pattern-entropy", rows) as [Points];
  const [low, high] = points.points[0]?.span ?? [0, 0];
  expect([low.toFixed(3), high.toFixed(3)]).toEqual(["0.744", "0.965"]); // as the report accuracy has it
  expect(wilson(0.5, 0)).toBeNull();
});

test("several cases are drawn one below the other, and those that are not are told", () => {
  const rows = ["a", "b", "c", "d", "e"].map((name) => ({
    task: "t",
    case: name,
    place: 2,
    label: "x",
    negative_total: 0.5,
  }));
  const charts = draw("attractors", rows) as Bars[];
  expect(charts.map((chart) => chart.title)).toEqual(["t a", "t b", "t c", "t d"]);
  expect(charts.at(-1)?.left).toContain("The first 4 of 5 cases");
  expect(charts[0]?.marks[0]).toEqual({ name: "x (2)", values: [0.5], spans: [null] });
});

test("the share of all layers is told beside those of each", () => {
  const rows = [
    { task: "t", case: "a", layer: 1, steps: 3, skips: 0.5, mass: 0.25 },
    { task: "t", case: "a", layer: 0, steps: 3, skips: 0.75, mass: null },
    { task: "t", case: "a", layer: null, steps: 6, skips: 0.625, mass: 0.3 },
  ];
  const [lines] = draw("skip-share", rows) as [Lines];
  expect(lines.marks.map((mark) => [mark.at, ...mark.values])).toEqual([
    [0, 0.75, null],
    [1, 0.5, 0.25],
  ]);
  expect(lines.left).toBe("All layers: 62.5 % of the steps, 30.0 % of the influence.");
});

test("stability has a drawing for each size of the sets, that of ten first", () => {
  const rows = [5, 10, null].map((top) => ({
    task: "t",
    case: "a",
    kind: "edge",
    top,
    sentences: 10,
    jaccard: 0.5,
    low: 0.25,
    high: 1,
  }));
  const drawings = drawingsOf("stability", rows);
  expect(drawings.map((each) => each.name)).toEqual(["top-10", "top-5", "top-half"]);
  const [lines] = draw("stability", rows) as [Lines];
  expect(lines.marks).toEqual([
    { name: "10", at: 10, values: [0.5, null, null, null], spans: [[0.25, 1], null, null, null] },
  ]);
});

test("a report that nobody knows here is drawn by its main number", () => {
  const rows = [{ task: "t", word: "x", patterns: 3, share: 0.5 }];
  const [bars] = draw("new", rows) as [Bars];
  expect([bars.value, bars.marks[0]?.name, bars.marks[0]?.values]).toEqual(["share", "t x", [0.5]]);
  expect(draw("new", [])).toEqual([]);
});

test("a comparison is drawn as differences with intervals, and as both sides", () => {
  const row = { task: "t", case: "a − b", layer: 2, source: 1, target: 3, component: 4, measure: "positive" };
  const rows = [{ ...row, first: 0.5, second: 0.75, difference: -0.25, low: -0.5, high: 0 }];
  const [differences, beside] = drawComparison("flow-frequency", rows).map((each) => each.draw(rows)[0] as Bars);
  expect(differences?.marks).toEqual([{ name: "2: 1 h4 3", values: [-0.25], spans: [[-0.5, 0]] }]);
  expect(beside?.marks[0]?.values).toEqual([0.5, 0.75]);
});
