import { expect, test } from "vitest";
import { graphOf, plain, shown, tableOf } from "./values";

const node = (id: string, name: string) => ({ _element_id: id, _labels: ["Run"], _properties: { name } });
const edge = { _element_id: "e", _type: "USES", _start: "a", _end: "b", _properties: { share: 0.25 } };
const tagged = ($type: string, _value: unknown) => ({ $type, _value });
const path = tagged("Path", { _nodes: [node("b", "two"), node("a", "one")], _relationships: [edge] });

test("values are told as Cypher writes them", () => {
  expect(shown(tagged("Node", node("a", "one")))).toBe("(:Run one)");
  expect(shown(tagged("Relationship", edge))).toBe("[:USES {share: 0.2500}]");
  expect(shown(path)).toBe("(:Run two)<-[:USES]-(:Run one)");
  expect(shown(tagged("Map", { a: [1, null, tagged("Float", "nan")] }))).toBe("{a: [1, –, nan]}");
  expect(shown(tagged("DateTime", "2024-01-01T00:00:00Z"))).toBe("2024-01-01T00:00:00Z");
});

test("plain values are those of the service's JSON", () => {
  expect(plain(path)).toEqual({
    nodes: [
      { labels: ["Run"], properties: { name: "two" } },
      { labels: ["Run"], properties: { name: "one" } },
    ],
    relationships: [{ type: "USES", properties: { share: 0.25 } }],
  });
});

test("a column of numbers is one, missing values aside", () => {
  const table = tableOf({
    columns: ["a", "b"],
    values: [
      [1, "x"],
      [null, 2],
    ],
    cut: true,
    notices: [],
  });
  expect(table.fields.map((field) => field.type)).toEqual(["number", "string"]);
  expect(table.values).toEqual([
    [1, "x"],
    [null, "2"],
  ]);
});

test("nodes and relationships are found at any depth, each once", () => {
  const { nodes, edges } = graphOf([[path, [tagged("Map", { n: tagged("Node", node("c", "three")) })]], [path]]);
  expect(nodes.map((each) => each.id)).toEqual(["b", "a", "c"]);
  expect(edges).toHaveLength(1);
  expect(graphOf([[tagged("Relationship", edge)]]).nodes.map((each) => each.labels)).toEqual([[], []]);
});
