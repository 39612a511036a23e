import { expect, test } from "vitest";
import { parametersOf, read, write } from "./parameters";

test("parameters are found outside of texts and comments", () => {
  const query =
    "// $no\nMATCH (n {id: $id, name: '$never \\' $no'}) /* $no\n*/ WHERE n.x IN $list AND \"$no\" <> $id AND $`a b` = 1";
  expect(parametersOf(query)).toEqual(["id", "list", "a b"]);
  expect(parametersOf("RETURN 1")).toEqual([]);
});

test.each([["a"], [""], ["1"], [3], [-1.5], [null], [true], [["a", 1]], [{ a: 1 }]])(
  "%j is read as it was written",
  (value) => {
    expect(read(write(value))).toEqual(value);
  },
);

test("what is no value is told", () => {
  expect(() => read({ kind: "number", text: " " })).toThrow("no number");
  expect(() => read({ kind: "number", text: "1e999" })).toThrow("no number");
  expect(() => read({ kind: "JSON", text: "[1" })).toThrow("no JSON");
});
