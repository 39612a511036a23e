import { expect, test } from "vitest";
import { bytes, counted, duration, share } from "./units";

test("seconds as people say them", () => {
  expect([0.2, 1, 89, 90, 150, 5360, 5400, 7500, 7200, 200000].map(duration)).toEqual([
    "less than 1 s",
    "1 s",
    "89 s",
    "2 min",
    "3 min",
    "89 min",
    "1 h 30 min",
    "2 h 5 min",
    "2 h",
    "2 days",
  ]);
});

test("shares, numbers and sizes", () => {
  expect([share(1, 3), share(3, 3), share(0, 3), share(0, 0)]).toEqual(["33.3 %", "100 %", "0 %", "–"]);
  expect([counted(1, "sentence"), counted(1200, "sentence")]).toEqual(["1 sentence", "1,200 sentences"]);
  expect([bytes(12), bytes(12_300), bytes(4e6)]).toEqual(["12 bytes", "12.3 kB", "4.0 MB"]);
});
