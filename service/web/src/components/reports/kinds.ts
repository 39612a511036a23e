import type { Bars, Grid, Lines, Points, Series, Span } from "../charts/chart";
import { type Drawing, eachCase, left, MOST, ordered, placeName, SHARE, span } from "./reading";
import { byCase, caseName, componentName, number, type Row, string } from "./rows";

export const BOTH: Series[] = [
  { name: "positive words", tone: "positive" },
  { name: "negative words", tone: "negative" },
];

export function entropyAgainstAccuracy(rows: readonly Row[]): Points {
  const points = rows.flatMap((row) => {
    const [x, y, sentences] = [number(row, "entropy"), number(row, "accuracy"), number(row, "instances")];
    if (x === null || y === null || sentences === null) return [];
    const name = `${string(row, "task")} ${string(row, "case")}`;
    return [{ name, group: string(row, "task"), x, y, span: wilson(y, sentences) }];
  });
  return { kind: "points", x: "pattern entropy, bits", value: "accuracy", points, range: SHARE };
}

const Z = 1.959963984540054;

/** The 95 % Wilson interval of a share that was counted over so many sentences. */
export function wilson(share: number, count: number): Span | null {
  if (count === 0) return null;
  const s = Z ** 2 / count;
  const half = Math.sqrt(s * (share * (1 - share) + s / 4));
  return [(share + s / 2 - half) / (1 + s), (share + s / 2 + half) / (1 + s)];
}

export function heads(rows: readonly Row[], measure: string, value: string): Grid {
  const layers = ordered(rows, "layer");
  const components = ordered(rows, "component");
  const told = new Map(rows.map((row) => [`${row.layer} ${row.component}`, number(row, measure)]));
  return {
    kind: "grid",
    value,
    row: "layer",
    column: "component",
    rows: [...layers].reverse().map(String),
    columns: components.map(componentName),
    cells: [...layers].reverse().map((layer) => components.map((each) => told.get(`${layer} ${each}`) ?? null)),
  };
}

export function nodeEntropy(rows: readonly Row[]): Grid {
  const layers = ordered(rows, "layer").reverse();
  const places = [...new Map(rows.map((row) => [row.place, placeName(row)]))].sort(([a], [b]) =>
    typeof a === "number" && typeof b === "number" ? a - b : 0,
  );
  const told = new Map(rows.map((row) => [`${row.layer} ${row.place}`, number(row, "entropy")]));
  return {
    kind: "grid",
    value: "binary entropy, bits",
    row: "layer",
    column: "place",
    rows: layers.map(String),
    columns: places.map(([, name]) => name),
    cells: layers.map((layer) => places.map(([place]) => told.get(`${layer} ${place}`) ?? null)),
    range: SHARE,
  };
}

export function skipShare(rows: readonly Row[]): Lines {
  const all = rows.find((row) => row.layer === null);
  const marks = rows.flatMap((row) => {
    const at = number(row, "layer");
    if (at === null) return [];
    return [{ name: String(at), at, values: [number(row, "skips"), number(row, "mass")], spans: [null, null] }];
  });
  const percent = (name: string) => `${(100 * (number(all ?? {}, name) ?? 0)).toFixed(1)} %`;
  return {
    kind: "lines",
    x: "layer that the step leaves",
    value: "share through skip connections",
    range: SHARE,
    series: [
      { name: "of the steps of patterns", tone: "positive" },
      { name: "of the absolute influence of edges", tone: "negative" },
    ],
    marks: marks.sort((a, b) => a.at - b.at),
    left: all && `All layers: ${percent("skips")} of the steps, ${percent("mass")} of the influence.`,
  };
}

export function concentration(rows: readonly Row[]): Bars {
  const levels = [...new Set(rows.map((row) => string(row, "level")))].sort();
  const cases = byCase(rows);
  const marks = cases.map((each) => {
    const of = levels.map((level) => each.rows.find((row) => row.level === level));
    return {
      name: caseName(each.rows[0] as Row, rows),
      values: of.map((row) => (row === undefined ? null : number(row, "mean"))),
      spans: of.map((row) => deviation(row)),
    };
  });
  const tones = ["positive", "negative"] as const;
  return {
    kind: "bars",
    value: "share of the positive words’ influence (± standard deviation)",
    series: levels.map((name, at) => ({ name: `${name} level`, tone: tones[at % 2] as "positive" | "negative" })),
    marks: marks.slice(0, MOST),
    left: left(MOST, marks.length),
  };
}

function deviation(row: Row | undefined): Span | null {
  const [mean, sd] = [number(row ?? {}, "mean"), number(row ?? {}, "sd")];
  return mean === null || sd === null ? null : [mean - sd, mean + sd];
}

export function patternFrequency(rows: readonly Row[]): Bars {
  const drawn = rows.slice(0, MOST).map((row) => {
    const positive = row.sign === 1;
    const interval = span(row, ["low", "high"]);
    const share = number(row, "share");
    return {
      name: string(row, "pattern").replaceAll(" skip ", " · "),
      values: positive ? [share, null] : [null, share],
      spans: positive ? [interval, null] : [null, interval],
    };
  });
  const value = "share of sentences (·: skip connection)";
  return { kind: "bars", value, series: BOTH, marks: drawn, either: true, range: SHARE, left: left(MOST, rows.length) };
}

const KINDS: readonly Series[] = [
  { name: "edge", tone: "positive" },
  { name: "head", tone: "negative" },
  { name: "pattern", tone: "ink" },
  { name: "path", tone: "good" },
];

export function stability(top: string, label: string): Drawing {
  const wanted = top === "half" ? null : Number(top);
  return {
    name: `top-${top}`,
    label,
    draw: (rows) =>
      eachCase(
        rows.filter((row) => row.top === wanted),
        (those) => ({
          kind: "lines",
          x: "sentences drawn",
          value: "mean Jaccard index of two draws",
          range: SHARE,
          series: [...KINDS],
          marks: ordered(those, "sentences").map((at) => {
            const of = KINDS.map((kind) => those.find((row) => row.sentences === at && row.kind === kind.name));
            return {
              name: String(at),
              at,
              values: of.map((row) => number(row ?? {}, "jaccard")),
              spans: of.map((row) => span(row ?? {}, ["low", "high"])),
            };
          }),
        }),
      ),
  };
}
