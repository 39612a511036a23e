import type { Bars, Chart, Series, Span } from "../charts/chart";
import { byCase, componentName, number, type Row, string } from "./rows";

/** Cases that are drawn beside each other, and bars of each; the table has all. */
const CASES = 4;
export const MOST = 16;

/** From none to all. */
export const SHARE: Span = [0, 1];

/** A way to draw a report, and what it is called where there are several. */
export interface Drawing {
  name: string;
  label: string;
  draw: (rows: readonly Row[]) => Chart[];
}

/** What bars read of a row. */
export interface Reading {
  name: (row: Row) => string;
  values: string[];
  spans?: [low: string, high: string][];
  range?: Span;
  most?: number;
}

export function bars(rows: readonly Row[], value: string, series: Series[], read: Reading): Bars {
  const told = rows.filter((row) => read.values.some((name) => number(row, name) !== null));
  const most = read.most ?? MOST;
  const marks = told.slice(0, most).map((row) => ({
    name: read.name(row),
    values: read.values.map((name) => number(row, name)),
    spans: read.values.map((_, at) => span(row, read.spans?.[at])),
  }));
  return { kind: "bars", value, series, marks, range: read.range, left: left(most, told.length) };
}

export function span(row: Row, names: [string, string] | undefined): Span | null {
  if (names === undefined) return null;
  const [low, high] = names.map((name) => number(row, name));
  return low == null || high == null ? null : [low, high];
}

export const left = (shown: number, all: number) =>
  all > shown ? `The first ${shown} of ${all.toLocaleString("en")} rows are drawn; the table has all.` : undefined;

export function eachCase(rows: readonly Row[], draw: (rows: Row[]) => Chart): Chart[] {
  const cases = byCase(rows).sort((a, b) => a.task.localeCompare(b.task) || a.case.localeCompare(b.case));
  const charts = cases.slice(0, CASES).map((each) => ({
    ...draw(each.rows),
    ...(cases.length > 1 ? { title: `${each.task} ${each.case}` } : {}),
  }));
  const last = charts.at(-1);
  if (last !== undefined && cases.length > CASES) {
    const rest = `The first ${CASES} of ${cases.length} cases are drawn: choose one above. The table has all.`;
    last.left = [last.left, rest].filter((part) => part !== undefined).join(" ");
  }
  return charts;
}

export const by = (name: string) => (a: Row, b: Row) => (number(a, name) ?? 0) - (number(b, name) ?? 0);

/** A word's place: the token there, with its position or role. */
export function placeName(row: Row): string {
  const [label, place] = [string(row, "label"), string(row, "place")];
  return label === place || label === `#${place}` ? label : `${label} (${place})`;
}

export const ordered = (rows: readonly Row[], name: string): number[] =>
  [...new Set(rows.flatMap((row) => number(row, name) ?? []))].sort((a, b) => a - b);

/** A step as patterns are written: the layer that it leaves, and what carries it between its ends. */
export function stepName(row: Row): string {
  const carrier = row.component == null ? ">" : componentName(row.component);
  const [source, target] = (["source", "target"] as const).map((end) =>
    placeName({ label: row[`${end}_label`] ?? row[end], place: row[end] }),
  );
  return `${row.layer}: ${source} ${carrier} ${target}`;
}
