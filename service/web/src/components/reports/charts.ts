import type { Chart, Series } from "../charts/chart";
import {
  BOTH,
  concentration,
  entropyAgainstAccuracy,
  heads,
  nodeEntropy,
  patternFrequency,
  skipShare,
  stability,
} from "./kinds";
import { bars, by, type Drawing, eachCase, ordered, placeName, SHARE, stepName } from "./reading";
import { caseName, type Row, string } from "./rows";

const SIGNED: Series[] = [{ name: "influence", tone: "signed" }];

const only = (draw: Drawing["draw"]): Drawing[] => [{ name: "chart", label: "Chart", draw }];

const DRAWINGS: Readonly<Record<string, readonly Drawing[]>> = {
  accuracy: only((rows) => [
    bars(rows, "share of sentences that are right", [{ name: "accuracy", tone: "positive" }], {
      name: (row) => caseName(row, rows),
      values: ["accuracy"],
      spans: [["low", "high"]],
      range: SHARE,
    }),
  ]),
  "pattern-entropy": only((rows) => [entropyAgainstAccuracy(rows)]),
  attractors: [
    {
      name: "share",
      label: "Share of all negative influence",
      draw: (rows) =>
        eachCase(rows, (those) =>
          bars(those, "share of all negative influence", [{ name: "share", tone: "negative" }], {
            name: placeName,
            values: ["negative_total"],
            range: SHARE,
          }),
        ),
    },
    {
      name: "influence",
      label: "Mean influence, and contrast with the matched case",
      draw: (rows) =>
        eachCase(rows, (those) =>
          bars(
            those,
            "logits",
            [
              { name: "influence", tone: "signed" },
              { name: "contrast with the matched case", tone: "ink" },
            ],
            { name: placeName, values: ["influence", "contrast"] },
          ),
        ),
    },
  ],
  positions: only((rows) =>
    eachCase(rows, (those) =>
      bars([...those].sort(by("position")), "mean influence, logits", SIGNED, {
        name: placeName,
        values: ["influence"],
        most: 40,
      }),
    ),
  ),
  heads: [
    {
      name: "patterns",
      label: "Share of patterns",
      draw: (rows) => [heads(rows, "pattern_share", "share of patterns that go through it")],
    },
    {
      name: "influence",
      label: "Share of the layer’s influence",
      draw: (rows) => [heads(rows, "influence_share", "share of the layer’s influence")],
    },
  ],
  "skip-share": only((rows) => eachCase(rows, skipShare)),
  concentration: only((rows) => [concentration(rows)]),
  "flow-frequency": only((rows) =>
    eachCase(rows, (those) =>
      bars(those, "share of sentences", BOTH, {
        name: stepName,
        values: ["positive", "negative"],
        spans: [
          ["positive_low", "positive_high"],
          ["negative_low", "negative_high"],
        ],
        range: SHARE,
        most: 12,
      }),
    ),
  ),
  "pattern-frequency": only((rows) => eachCase(rows, (those) => patternFrequency(those))),
  "node-entropy": only((rows) => eachCase(rows, nodeEntropy)),
  "entropy-correlation": [],
  overview: [],
};

/** How a report can be drawn: as its numbers are best seen or, of a report that nobody knows here, by its main number. */
export function drawingsOf(report: string, rows: readonly Row[]): readonly Drawing[] {
  if (report === "stability") return stabilityOf(rows);
  return DRAWINGS[report] ?? only((each) => usual(each));
}

/** One way for each size of the sets that there are; that of ten first. */
function stabilityOf(rows: readonly Row[]): Drawing[] {
  const tops = ordered(rows, "top").sort((a, b) => Number(b === 10) - Number(a === 10) || a - b);
  const half = rows.some((row) => row.top === null) ? [stability("half", "All that half of the sentences have")] : [];
  return [...tops.map((top) => stability(String(top), `The ${top} strongest`)), ...half];
}

const MAIN = ["share", "influence", "value", "mean"];

/** Bars of a report's main number: one that is known as such, or else its last. */
function usual(rows: readonly Row[]): Chart[] {
  const first = rows[0];
  if (first === undefined) return [];
  const numbers = Object.keys(first).filter((name) => rows.some((row) => typeof row[name] === "number"));
  const main = MAIN.find((name) => numbers.includes(name)) ?? numbers.at(-1);
  if (main === undefined) return [];
  const names = Object.keys(first).filter((name) => typeof first[name] === "string");
  const name = (row: Row) => names.map((each) => string(row, each)).join(" ");
  const tone = main === "influence" ? "signed" : "positive";
  return [bars(rows, main.replaceAll("_", " "), [{ name: main, tone }], { name, values: [main] })];
}
