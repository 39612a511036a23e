import type { components } from "../../api/schema";
import type { EdgeColumns, Node, Path } from "../layered/figure";
import { percent } from "../units";

export type Details = components["schemas"]["SentenceDetails"];
export type Level = "attention" | "embedding";
export type Signs = "all" | "positive" | "negative";

/** Guided pattern refinement, as results call it. */
export const GPR = "gpr";
/** Words that are drawn unless others are chosen. */
export const STRONGEST = 4;
const SKIP = -1;
const [THIN, WIDE] = [3.2, 7.5]; // pixels of lines; the thinnest still shows that it is hollow

/** A word's pattern by one method, at one level. */
export interface Line {
  position: number;
  /** The word's influence, over all paths. */
  total: number;
  path: readonly number[];
  /** Heads, or −1 for the skip connection; null at embedding level. */
  components: readonly number[] | null;
  /** Through this pattern. */
  influence: number;
}

/** Every word's pattern by a method, in the order of the sentence. */
export function linesOf(details: Details, method: string, level: Level): Line[] {
  const words = details.words ?? [];
  if (method === GPR)
    return words.map((word) => ({
      position: word.position,
      total: word.influence,
      path: word.path,
      components: level === "attention" ? word.components : null,
      influence: level === "attention" ? word.attention_influence : word.embedding_influence,
    }));
  const totals = new Map(words.map((word) => [word.position, word.influence]));
  return (details.patterns ?? [])
    .filter((pattern) => pattern.method === method && pattern.level === level)
    .map((pattern) => ({ ...pattern, total: totals.get(pattern.position) ?? 0 }))
    .sort((a, b) => a.position - b.position);
}

/** The methods that a sentence has patterns of, each with their levels. */
export function methodsOf(details: Details): Map<string, Level[]> {
  const found = new Map<string, Level[]>([[GPR, ["attention", "embedding"]]]);
  for (const { method, level } of details.patterns ?? []) {
    const levels = found.get(method) ?? [];
    if (!levels.includes(level as Level)) found.set(method, [...levels, level as Level]);
  }
  return found;
}

/** The lines of these words, or of the strongest where none is named, of one sign or both. */
export function choose(lines: readonly Line[], words: readonly number[], signs: Signs): Line[] {
  const ofSign = lines.filter(({ total }) => signs === "all" || total < 0 === (signs === "negative"));
  if (words.length > 0) return ofSign.filter(({ position }) => words.includes(position));
  const strongest = [...ofSign].sort((a, b) => Math.abs(b.total) - Math.abs(a.total)).slice(0, STRONGEST);
  return strongest.sort((a, b) => a.position - b.position);
}

/** Lines as the figure draws them: heads are solid and numbered, skip connections dotted, widths in proportion. */
export function pathsOf(lines: readonly Line[]): Path[] {
  const most = Math.max(...lines.map(({ influence }) => Math.abs(influence)));
  return lines.map(({ position, total, path, components, influence }) => ({
    id: `${position}`,
    places: path,
    sign: total < 0 ? -1 : 1,
    width: most > 0 ? Math.max(THIN, (WIDE * Math.abs(influence)) / most) : THIN,
    foot: signed(total),
    ...(components && {
      steps: components.map((component) => (component === SKIP ? { dash: "dotted" } : { label: `${component}` })),
    }),
  }));
}

/** Edges of a sign whose influence is at least such a share of the strongest one's. */
export function filterEdges(edges: EdgeColumns, least: number, signs: Signs): EdgeColumns {
  const all = Array.from(edges.influence);
  const bound = least * all.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const kept: number[] = [];
  all.forEach((value, index) => {
    if (Math.abs(value) >= bound && (signs === "all" || value < 0 === (signs === "negative"))) kept.push(index);
  });
  if (kept.length === all.length) return edges;
  const take = <Value>(column: ArrayLike<Value>) => kept.map((index) => column[index] as Value);
  return {
    layer: take(edges.layer),
    source: take(edges.source),
    target: take(edges.target),
    influence: take(edges.influence),
  };
}

/** The lines that visit all these nodes. */
export const through = (lines: readonly Line[], nodes: readonly Node[]): Line[] =>
  lines.filter(({ path }) => nodes.every(({ layer, place }) => path[layer] === place));

/** An edge at a node, seen from it. */
export interface Flow {
  into: boolean;
  /** The position at its other end. */
  other: number;
  influence: number;
}

/** The edges in and out of a node, the strongest first. */
export function flowsOf(edges: EdgeColumns, { layer, place }: Node): Flow[] {
  const found: Flow[] = [];
  for (let i = 0; i < edges.layer.length; i++) {
    const influence = edges.influence[i] as number;
    if (edges.layer[i] === layer && edges.source[i] === place)
      found.push({ into: false, other: edges.target[i] as number, influence });
    if (edges.layer[i] === layer - 1 && edges.target[i] === place)
      found.push({ into: true, other: edges.source[i] as number, influence });
  }
  return found.sort((a, b) => Math.abs(b.influence) - Math.abs(a.influence));
}

/** The absolute influence of the edges that leave each layer. */
export function massOf(edges: EdgeColumns): number[] {
  const mass: number[] = [];
  for (let i = 0; i < edges.layer.length; i++) {
    const layer = edges.layer[i] as number;
    mass[layer] = (mass[layer] ?? 0) + Math.abs(edges.influence[i] as number);
  }
  return mass;
}

/** The sum of all words' influences, with that of the target's own word. */
export function totalOf(details: Details): number {
  const words = details.words ?? [];
  const own = words.some(({ position }) => position === details.target) ? 0 : details.target_influence;
  return words.reduce((sum, word) => sum + word.influence, own);
}

export const nodeOf = (text: string): Node | null => {
  const found = /^(\d+)\.(\d+)$/.exec(text);
  return found === null ? null : { layer: Number(found[1]), place: Number(found[2]) };
};
export const textOf = ({ layer, place }: Node): string => `${layer}.${place}`;

export const layerName = (layer: number): string => (layer === 0 ? "the embedding" : `layer ${layer}`);
export const componentName = (component: number): string =>
  component === SKIP ? "skip connection" : `head ${component}`;

/** A token, with its position where another reads alike. */
export const wordAt = (tokens: readonly string[], position: number): string => {
  const token = tokens[position] ?? `${position}`;
  return tokens.filter((other) => other === token).length === 1 ? token : `${token}·${position}`;
};

/** A pattern as reports write it: "2 skip 2 h4 7". */
export const written = ({ path, components }: Pick<Line, "path" | "components">): string =>
  path
    .flatMap((position, layer) => {
      if (layer === 0) return [`${position}`];
      const component = components?.[layer - 1];
      const step = component === undefined ? ">" : component === SKIP ? "skip" : `h${component}`;
      return [step, `${position}`];
    })
    .join(" ");

/** A number with its sign, two decimals; one digit where these would be zeros. */
export function signed(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const small = size >= 1e-4 ? `${Number(size.toPrecision(1))}` : size.toExponential(0).replace("-", "−");
  return (value < 0 ? "−" : "+") + (size >= 0.005 ? size.toFixed(2) : small);
}

/** Are these all edges of the sentence, whatever the setting would have left out? */
export function keepsAll(edges: string, stored: number): boolean {
  const [kind, value] = edges.split(":");
  return kind === "all" || (kind === "top" && stored < Number(value));
}

/** Which edges a setting such as "top:200" keeps. */
export function keptEdges(edges: string): string {
  const [kind, value = ""] = edges.split(":");
  if (kind === "top")
    return `the ${Number(value).toLocaleString("en")} strongest of the sentence, each head counted separately`;
  return kind === "mass" ? `the strongest, with ${percent(Number(value))} of the absolute influence` : edges;
}
