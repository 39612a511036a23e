import { expect, test } from "vitest";
import type { Run } from "./catalogue";
import { differences, shared } from "./differences";

const run = {
  id: "1",
  name: "one",
  status: "completed",
  instances: 30,
  correct: 27,
  model: "f".repeat(64),
  model_name: "bundled",
  settings: { samples: 32, sampling: "trapezoid" },
  versions: { torch: "2.15" },
  cases: [{ task: "t", name: "a" }],
  methods: [{ name: "gpr", levels: ["attention"] }],
} as unknown as Run;

test("only what is not the same is told", () => {
  const other = { ...run, name: "other", settings: { samples: 64, sampling: "trapezoid", beam: 2 } } as Run;
  expect(differences(run, other)).toEqual([
    { what: "Setting: samples", first: "32", second: "64" },
    { what: "Setting: beam", first: "–", second: "2" },
  ]);
  expect(differences(run, run)).toEqual([]);
});

test("sentences are the same by their ids and texts", () => {
  const first = [
    { id: "1", text: "a" },
    { id: "2", text: "b" },
  ];
  const second = [
    { id: "1", text: "a" },
    { id: "2", text: "other" },
    { id: "3", text: "c" },
  ];
  expect(shared(first, second)).toEqual({ both: 1, first: 1, second: 2 });
});
