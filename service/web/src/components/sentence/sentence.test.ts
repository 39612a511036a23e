import { expect, test } from "vitest";
import {
  choose,
  type Details,
  filterEdges,
  flowsOf,
  keepsAll,
  keptEdges,
  linesOf,
  massOf,
  methodsOf,
  nodeOf,
  pathsOf,
  signed,
  textOf,
  through,
  totalOf,
  wordAt,
  written,
} from "./sentence";

const word = (position: number, influence: number, path: number[], heads: number[]) => ({
  position,
  token: "x",
  influence,
  sign: influence < 0 ? -1 : 1,
  path,
  components: heads,
  embedding_influence: influence / 2,
  attention_influence: influence / 4,
});

const DETAILS = {
  tokens: ["the", "cat", "the", "[MASK]"],
  target: 3,
  target_influence: 0.5,
  words: [word(0, -1, [0, 0, 3], [-1, 2]), word(1, 4, [1, 3, 3], [0, -1]), word(2, 0.25, [2, 2, 3], [-1, 2])],
  patterns: [
    { method: "attention", level: "embedding", position: 1, path: [1, 1, 3], components: null, influence: 0.125 },
    { method: "random", level: "attention", position: 1, path: [1, 3, 3], components: [3, -1], influence: 0 },
  ],
} as unknown as Details;

const EDGES = { layer: [0, 0, 1, 1], source: [0, 1, 3, 0], target: [0, 3, 3, 3], influence: [-1, 4, 2, 0.5] };

test("patterns are the method's at the level", () => {
  expect(linesOf(DETAILS, "gpr", "attention").map(({ influence }) => influence)).toEqual([-0.25, 1, 0.0625]);
  expect(linesOf(DETAILS, "gpr", "embedding").every(({ components }) => components === null)).toBe(true);
  expect(linesOf(DETAILS, "attention", "embedding")).toMatchObject([{ position: 1, total: 4, influence: 0.125 }]);
  expect(linesOf(DETAILS, "attention", "attention")).toEqual([]);
  expect([...methodsOf(DETAILS)]).toEqual([
    ["gpr", ["attention", "embedding"]],
    ["attention", ["embedding"]],
    ["random", ["attention"]],
  ]);
});

test("words are those that are named, or the strongest", () => {
  const lines = linesOf(DETAILS, "gpr", "attention");
  const positions = (words: number[], signs: "all" | "positive" | "negative") =>
    choose(lines, words, signs).map(({ position }) => position);
  expect(positions([], "all")).toEqual([0, 1, 2]);
  expect(positions([], "negative")).toEqual([0]);
  expect(positions([2, 0], "positive")).toEqual([2]);
});

test("lines say heads, skip connections, sign and size", () => {
  const [first, second] = pathsOf(linesOf(DETAILS, "gpr", "attention"));
  expect(first).toMatchObject({ sign: -1, foot: "−1.00", steps: [{ dash: "dotted" }, { label: "2" }] });
  expect((first?.width ?? 0) < (second?.width ?? 0)).toBe(true);
  expect(pathsOf(linesOf(DETAILS, "gpr", "embedding"))[0]?.steps).toBeUndefined();
  expect(pathsOf([])).toEqual([]);
});

test("edges are filtered by size and sign", () => {
  expect(filterEdges(EDGES, 0, "all")).toBe(EDGES);
  expect(filterEdges(EDGES, 0.5, "all").influence).toEqual([4, 2]);
  expect(filterEdges(EDGES, 0, "negative")).toEqual({ layer: [0], source: [0], target: [0], influence: [-1] });
});

test("pinned nodes have patterns and edges", () => {
  const lines = linesOf(DETAILS, "gpr", "attention");
  expect(through(lines, [{ layer: 1, place: 3 }]).map(({ position }) => position)).toEqual([1]);
  expect(through(lines, [{ layer: 2, place: 3 }])).toHaveLength(3);
  expect(
    through(lines, [
      { layer: 1, place: 3 },
      { layer: 0, place: 0 },
    ]),
  ).toEqual([]);
  expect(flowsOf(EDGES, { layer: 1, place: 3 })).toEqual([
    { into: true, other: 1, influence: 4 },
    { into: false, other: 3, influence: 2 },
  ]);
  expect(massOf(EDGES)).toEqual([5, 2.5]);
  expect(totalOf(DETAILS)).toBe(3.75);
});

test("nodes, words, patterns and numbers as they are written", () => {
  expect(nodeOf(textOf({ layer: 3, place: 12 }))).toEqual({ layer: 3, place: 12 });
  expect([nodeOf("3"), nodeOf("x.1"), nodeOf("1.2.3")]).toEqual([null, null, null]);
  expect([wordAt(DETAILS.tokens, 0), wordAt(DETAILS.tokens, 1)]).toEqual(["the·0", "cat"]);
  expect(written({ path: [2, 2, 7], components: [-1, 4] })).toBe("2 skip 2 h4 7");
  expect(written({ path: [2, 7], components: null })).toBe("2 > 7");
  expect([signed(1.234), signed(-0.5), signed(0), signed(-0.0042), signed(3e-7)]).toEqual([
    "+1.23",
    "−0.50",
    "0",
    "−0.004",
    "+3e−7",
  ]);
});

test("a setting that left nothing out is not spoken of", () => {
  expect([keepsAll("all", 7), keepsAll("top:8", 7), keepsAll("top:7", 7), keepsAll("mass:0.9", 7)]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(keptEdges("top:1200")).toBe("the 1,200 strongest of the sentence, each head counted separately");
  expect(keptEdges("mass:0.9")).toBe("the strongest, with 90 % of the absolute influence");
});
