import { expect, test } from "vitest";
import { Problem } from "../../api/problem";
import { DEFAULTS, formKey, located, ofLines, ofRows, optionsOf, partOf } from "./request";

const problem = (field?: string, where?: string) => new Problem({ type: "t", status: 422, detail: "d", field, where });

test("lines that are empty are none, and places count as whoever pasted them does", () => {
  const { sentences, places } = ofLines('{"text": "a"}\n\n {"text": "b"}\n');
  expect(sentences).toEqual([{ text: "a" }, { text: "b" }]);
  expect(places).toEqual(["line 1", "line 3"]);
  expect(located(problem("text", "sentences.1"), places).where).toBe("line 3");
});

test.each(["{", "[1]", "3", "null"])("%s is no sentence", (line) => {
  expect(() => ofLines(`{"text": "a"}\n${line}`)).toThrow(expect.objectContaining({ where: "line 2" }));
});

test("rows that are empty are none; a classifier's have a label", () => {
  const rows = [
    { text: "", correct: " ", wrong: "" },
    { text: "a", correct: "is ", wrong: "are" },
  ];
  expect(ofRows(rows, false)).toEqual({ sentences: [{ text: "a", correct: "is", wrong: "are" }], places: ["row 2"] });
  expect(ofRows(rows, true).sentences).toEqual([{ text: "a", label: "is" }]);
});

test("what is empty is left to the service", () => {
  const form = { name: " ", model: "bundled", skipBad: false, settings: { ...DEFAULTS, samples: "8" } };
  const { distribution, baseline, edges, words, methods } = DEFAULTS;
  expect(optionsOf(form)).toEqual({
    model: "bundled",
    skip_bad: false,
    settings: { distribution, baseline, edges, words, methods, samples: 8 },
  });
});

test("a setting that is no number is sent as it is written, so that the service refuses it", () => {
  const settings = { ...DEFAULTS, samples: "eight", tolerance: "1e-3" };
  const sent = optionsOf({ name: "", model: "bundled", skipBad: false, settings }).settings;
  expect(sent).toMatchObject({ samples: "eight", tolerance: 0.001 });
});

test("problems belong to the field that they name", () => {
  expect(partOf(problem("options.settings.samples"))).toBe("samples");
  expect(partOf(problem("settings.edges"))).toBe("edges");
  expect(partOf(problem("name"))).toBe("name");
  expect(partOf(problem("correct", "mine.csv:3"))).toBe("sentences");
  expect(partOf(problem("input"))).toBe("sentences");
  expect(partOf(problem("jobs"))).toBeNull();
  expect(partOf(problem())).toBeNull();
});

test("keys of forms differ", () => {
  expect(new Set(Array.from({ length: 100 }, formKey)).size).toBe(100);
});
