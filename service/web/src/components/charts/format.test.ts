import { expect, test } from "vitest";
import { axis, brief, clipped, labelRows, told } from "./format";
import { legendOf } from "./tones";

test("numbers of charts are short, with a true minus sign", () => {
  expect([0.75, -0.12345, 1234, 0].map(brief)).toEqual(["0.75", "−0.123", "1,230", "0"]);
  expect(told(0.5, [0.25, 0.75])).toBe("0.5 (0.25 to 0.75)");
  expect(told(null, null)).toBe("–");
});

test("an axis reaches as far as intervals do, to round ends", () => {
  const { domain, ticks } = axis([[-0.31, 0.2], null], [0.1, null], [0]);
  expect(domain).toEqual([-0.4, 0.2]);
  expect(ticks.length).toBeGreaterThan(3);
});

test("long names are cut where they do not fit", () => {
  expect(clipped("subject", 100)).toBe("subject");
  expect(clipped("a very long name indeed", 64)).toBe("a very lo…");
});

test("labels of points that are near each other are below one another", () => {
  const points = [
    { x: 0, y: 1 },
    { x: 0.01, y: 1 },
    { x: 0.9, y: 1 },
  ];
  expect(labelRows(points, 0.1, 0.05)).toEqual([0, 1, 0]);
});

test("a legend names both signs, and no single series", () => {
  expect(legendOf([{ name: "accuracy", tone: "positive" }])).toEqual([]);
  expect(legendOf([{ name: "influence", tone: "signed" }]).map((each) => each.tone)).toEqual(["positive", "negative"]);
});
