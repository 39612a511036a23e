/** What charts are made of, before anything is drawn. */

/** From the lower to the upper end of an interval. */
export type Span = readonly [low: number, high: number];

/** What bars, points and lines stand for; the first is solid, the second hatched or dashed. */
export interface Series {
  name: string;
  /** Of what it says: blue, orange, or by the sign of each value. */
  tone: Tone;
}

export type Tone = "positive" | "negative" | "signed" | "ink" | "good";

export interface Mark {
  name: string;
  /** One for each series. */
  values: (number | null)[];
  spans: (Span | null)[];
}

interface Common {
  /** Of one of several charts side by side, such as a case. */
  title?: string;
  /** What the values are, with their unit. */
  value: string;
  /** Values that can be reached, such as shares; by the data without it. */
  range?: Span;
  /** What is not drawn, and where it is. */
  left?: string;
}

export interface Bars extends Common {
  kind: "bars";
  series: Series[];
  marks: Mark[];
  /** Each mark has a value of one series only: they share a row. */
  either?: boolean;
}

export interface Lines extends Common {
  kind: "lines";
  x: string;
  series: Series[];
  /** The name of a mark is its number along the x axis. */
  marks: (Mark & { at: number })[];
}

export interface Points extends Common {
  kind: "points";
  x: string;
  points: { name: string; group: string; x: number; y: number; span: Span | null }[];
}

export interface Grid extends Common {
  kind: "grid";
  row: string;
  column: string;
  rows: string[];
  columns: string[];
  /** Row by row; null where there is nothing. */
  cells: (number | null)[][];
}

export type Chart = Bars | Lines | Points | Grid;
