import type { ReactNode } from "react";

/** What names a place: a position, or a role. */
export type PlaceId = number | string;

export interface Place {
  id: PlaceId;
  label: string;
  bold?: boolean;
}

/** A place at a layer: 0 is the embedding. */
export interface Node {
  layer: number;
  place: PlaceId;
}

/** A node that is drawn larger than the others, by its radius in pixels. */
export interface NodeMark extends Node {
  radius: number;
}

/** The faint edges behind the lines, one for each layer, source and target: heads are merged. */
export interface EdgeColumns {
  layer: ArrayLike<number>;
  source: ArrayLike<PlaceId>;
  target: ArrayLike<PlaceId>;
  influence: ArrayLike<number>;
}

export const NO_EDGES: EdgeColumns = { layer: [], source: [], target: [], influence: [] };

export type Dash = "solid" | "dotted" | "dashed";

export interface Step {
  dash?: Dash;
  /** Stands in a badge on the line, such as a head's number. */
  label?: string;
}

/** A strong line through nodes of successive layers: a pattern, or (with two places) one step. */
export interface Path {
  id: string;
  /** The layer of its first place; 0 unless given. */
  from?: number;
  places: readonly PlaceId[];
  /** One for each step, thus one fewer than places; solid lines without it. */
  steps?: readonly Step[];
  /** Negative lines are hollow. */
  sign: 1 | -1;
  /** Pixels. */
  width: number;
  /** A CSS colour; that of its sign unless given. */
  colour?: string;
  /** Stands under its first node, such as a word's influence. */
  foot?: string;
}

/** What the pointer or the keyboard is at. `step` counts from the first of the path, `index` is that among the edges. */
export type Hit =
  | { kind: "node"; layer: number; place: PlaceId }
  | { kind: "path"; path: Path; step: number }
  | { kind: "edge"; index: number; layer: number; source: PlaceId; target: PlaceId; influence: number };

export interface LayeredFigureProps {
  /** What it shows, for those who cannot see it. */
  label: string;
  /** Of files that it is saved as, without an ending. */
  name: string;
  /** From left to right. Keep this and the other lists the same objects as long as they are equal. */
  places: readonly Place[];
  /** L: nodes stand at layers 0 to L. */
  layers: number;
  /** What the paths end in, above a place of the last layer. */
  top?: { place: PlaceId; label: string };
  edges?: EdgeColumns;
  paths?: readonly Path[];
  marks?: readonly NodeMark[];
  pinned?: readonly Node[];
  /** What is told of it, beside the pointer and to screen readers. */
  describe: (hit: Hit) => ReactNode;
  onHover?: (hit: Hit | null) => void;
  /** A click on a node, or Enter. */
  onPin?: (node: Node) => void;
  /** A click on a step of a path, or Enter at it. */
  onPick?: (path: Path, step: number) => void;
  /** Escape. */
  onClear?: () => void;
  /** Pixels; by the number of layers unless given. */
  height?: number;
}
