import { expect, test } from "vitest";
import { named, path } from "./paths";

test("a run is named by its name where an address can hold it", () => {
  expect(named({ id: "ab12", name: "demo-1.b" })).toBe("demo-1.b");
  for (const name of ["a b", "a/b", "новый", "new", ".."]) expect(named({ id: "ab12", name })).toBe("ab12");
});

test("addresses leave out what is not asked for", () => {
  expect(path("/runs", ["a b", "sentence"], { id: "sva/1", task: null })).toBe("/runs/a%20b/sentence?id=sva%2F1");
  expect(path("/runs", [], { text: "" })).toBe("/runs");
});
