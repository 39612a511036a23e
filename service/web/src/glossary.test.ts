import { expect, test } from "vitest";
import { define, read } from "./glossary";

test("every term of the glossary has a definition without markup", () => {
  expect(define("Residual stream")).toMatch(/^the vectors, one for each position/i);
  expect(define("pre-LN")).toBe(define("Post-LN"));
  expect(define("no such term")).toBeUndefined();
});

test("an entry ends where the next, or a heading, begins", () => {
  const terms = new Map(read("# G\n\n- **A, b** (`C`): one\n  two.\n- **D**: [x](y.md).\n\n## H\n\ntext\n"));
  expect([...terms]).toEqual([
    ["a", "one two."],
    ["b", "one two."],
    ["d", "x."],
  ]);
});
