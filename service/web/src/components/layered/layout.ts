import type { Place } from "./figure";

/** Where nodes stand, in pixels of a figure that is not zoomed. */
export interface Layout {
  width: number;
  height: number;
  /** Of the columns' middles. */
  left: number;
  column: number;
  columns: number;
  /** Of layer 0, and how far each layer is above the one before. */
  bottom: number;
  row: number;
  layers: number;
  /** Of what is above the last layer. */
  top: number;
  labels: "flat" | "slanted" | "upright";
  /** The frame that edges stay in. */
  frame: { x: number; y: number; width: number; height: number };
}

const CHARACTER = 7.2; // pixels, on average
export const LONGEST = 18; // characters of a label

/** The size that suits so many layers. */
export const heightOf = (layers: number): number => (layers > 8 ? 46 : 62) * (layers + 1) + 130;

export function layOut(
  places: readonly Place[],
  layers: number,
  width: number,
  height: number,
  hasTop: boolean,
): Layout {
  const margin = width < 600 ? 46 : 82;
  const columns = Math.max(1, places.length);
  const column = Math.max(1, (width - margin - 16) / columns);
  const longest = CHARACTER * Math.max(1, ...places.map((place) => Math.min(LONGEST, place.label.length)));
  const labels = longest + 8 <= column ? "flat" : column > 24 ? "slanted" : "upright";
  const below = { flat: 50, slanted: 48 + 0.72 * longest, upright: 44 + longest }[labels];
  const above = hasTop ? 44 : 48; // lines side by side on a step to the last layer need room, too
  const bottom = height - below;
  const row = (bottom - above) / (layers + (hasTop ? 0.8 : 0));
  const frame = { x: margin - 10, y: 0, width: Math.max(0, width - margin + 10), height: bottom + 30 };
  return {
    width,
    height,
    left: margin + column / 2,
    column,
    columns,
    bottom,
    row,
    layers,
    top: bottom - row * (layers + 0.8),
    labels,
    frame,
  };
}

export const x = (layout: Layout, column: number): number => layout.left + layout.column * column;
export const y = (layout: Layout, layer: number): number => layout.bottom - layout.row * layer;

/** The node nearest to a point, where one is within reach. */
export function nodeAt(
  layout: Layout,
  at: readonly [number, number],
  reach: number,
): { layer: number; column: number } | null {
  const column = Math.round((at[0] - layout.left) / layout.column);
  const layer = Math.round((layout.bottom - at[1]) / layout.row);
  if (column < 0 || column >= layout.columns || layer < 0 || layer > layout.layers) return null;
  const away = Math.hypot(at[0] - x(layout, column), at[1] - y(layout, layer));
  return away <= Math.min(reach, 0.45 * layout.column + 2) ? { layer, column } : null;
}

/** A label, cut where it is too long. */
export const cut = (label: string): string => (label.length > LONGEST ? `${label.slice(0, LONGEST - 1)}…` : label);
