import { expect, test } from "vitest";
import { type Choice, comparisonOf, cypherOf, grouped, parametersOf, type Report } from "./catalogue";

const report = (name: string, parameters: string[]): Report => ({
  name,
  title: name,
  summary: "",
  description: "",
  parameters,
  columns: {},
  cypher: "RETURN 1",
  resampled: false,
});

const choice: Choice = {
  task: "sva-obj",
  case: "it's",
  level: "embedding",
  method: null,
  align: "role",
  top: 5,
  rows: 50,
};

test("every report is in one group, those that nobody knows in the last", () => {
  const groups = grouped(["heads", "new", "accuracy"].map((name) => report(name, ["run"])));
  expect(groups.map((group) => group.reports.map((each) => each.name))).toEqual([["accuracy"], ["heads"], ["new"]]);
});

test("a report is asked for what it takes, and no more", () => {
  expect(parametersOf(report("heads", ["run", "task", "case", "method"]), choice)).toEqual({
    task: "sva-obj",
    case: "it's",
    rows: 50,
  });
  expect(parametersOf(report("overview", ["run"]), choice)).toEqual({ rows: 50 });
});

test("a comparison has two sides, and no sets of the strongest", () => {
  const stability = report("stability", ["run", "task", "top"]);
  expect(comparisonOf(stability, choice, { run: "other", case: null })).toEqual({
    task: "sva-obj",
    rows: 50,
    against_run: "other",
  });
});

test("the Cypher has its parameters before it, as literals", () => {
  const text = cypherOf(report("x", ["run", "task", "case", "method", "top", "limit"]), "ab12", {
    ...choice,
    top: null,
  });
  expect(text).toBe(
    ":param {run: 'ab12', task: 'sva-obj', case: 'it\\'s', method: 'gpr', top: null, limit: 50};\nRETURN 1",
  );
});
