import { expect, test } from "vitest";
import { align } from "./diff";

const pairs = (now: string, before: string) => [...align(now.split(" "), before.split(" "))];

test("a word in place of another is the same place", () => {
  expect(pairs("a b c", "a x c")).toEqual([
    [0, 0],
    [1, 1],
    [2, 2],
  ]);
});

test("words that come or go move the others", () => {
  expect(pairs("a b c d", "a c d")).toEqual([
    [0, 0],
    [2, 1],
    [3, 2],
  ]);
  expect(pairs("c d", "a b c d")).toEqual([
    [0, 2],
    [1, 3],
  ]);
  expect(pairs("a b", "a")).toEqual([[0, 0]]);
});
