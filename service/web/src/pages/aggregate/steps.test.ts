import { expect, test } from "vitest";
import {
  type Aggregated,
  compare,
  differingLines,
  key,
  linesOf,
  nameOf,
  parseStep,
  placesOf,
  type Step,
  stepOf,
  told,
} from "./steps";

const step = (changes: Partial<Step>): Step => ({
  layer: 1,
  source: 2,
  target: 3,
  component: 4,
  positive: 0.5,
  positive_low: 0.4,
  positive_high: 0.6,
  negative: 0.05,
  negative_low: 0,
  negative_high: 0.1,
  influence: 0.25,
  ...changes,
});

test("a step's name is the same after an address had it", () => {
  for (const name of [nameOf(step({})), nameOf(step({ source: "det 2", target: "a|b", component: null }))])
    expect(parseStep(key(name))).toEqual(name);
  for (const wrong of ["", "x", "[]", "[1,2,3]", '[1,2,3,"4"]', "[1.5,2,3,4]", "[1,2,3,4,5]", "null"])
    expect(parseStep(wrong)).toBeNull();
});

test("a step has a line for each sign that is frequent enough, as wide as it is frequent", () => {
  const lines = linesOf([step({})], null, 0.1);
  expect(lines).toEqual([
    { id: "positive [1,2,3,4]", from: 1, places: [2, 3], sign: 1, width: 4.5, steps: [{ label: "4" }] },
  ]);
  expect(linesOf([step({})], "negative", 0).map((line) => [line.sign, line.width, line.steps])).toEqual([
    [-1, 0.8, [{}]],
  ]);
  expect(linesOf([step({ component: -1 })], "positive", 0)[0]?.steps).toEqual([{ dash: "dotted" }]);
  expect(stepOf(lines[0] as (typeof lines)[0])).toEqual([1, 2, 3, 4]);
});

test("a difference counts a step that one side lacks as 0, and the largest comes first", () => {
  const here = [step({ positive: 0.5 }), step({ layer: 2, positive: 0.75 }), step({ layer: 3, positive: 0.2 })];
  const there = [step({ positive: 0.25 }), step({ layer: 3, positive: 0.2 }), step({ layer: 4, positive: 1 })];
  const found = compare(here, there, "positive", 0.25);
  expect(found.map((each) => [each.step.layer, each.here, each.there, each.difference])).toEqual([
    [4, 0, 1, -1],
    [2, 0.75, 0, 0.75],
    [1, 0.5, 0.25, 0.25],
  ]);
  const [dashed, solid] = differingLines(found);
  expect([dashed?.sign, dashed?.steps]).toEqual([-1, [{ dash: "dashed", label: "4" }]]);
  expect([solid?.sign, solid?.steps]).toEqual([1, [{ dash: "solid", label: "4" }]]);
});

test("places stand from left to right, and that where patterns end is bold", () => {
  const answer = {
    layers: 2,
    places: [
      { place: "verb", position: 3.5, label: "verb" },
      { place: "det", position: 0, label: "the" },
    ],
    steps: [step({ layer: 1, target: "verb" }), step({ layer: 0, target: "det" })],
  } as unknown as Aggregated;
  const other = { layers: 2, places: [{ place: "end", position: 5, label: "." }], steps: [] } as unknown as Aggregated;
  expect(placesOf(answer, other).map((place) => [place.id, place.bold])).toEqual([
    ["det", false],
    ["verb", true],
    ["end", false],
  ]);
});

test("a step is told in words", () => {
  const labels = new Map<number | string, string>([
    [2, "subject"],
    [3, "#3"],
  ]);
  expect(told([1, 2, 3, -1], labels)).toBe("layer 1 to 2, subject (2) to #3, by the skip connection");
});
