import type { components } from "../../api/schema";
import type { TableData } from "../../components/DataTable";
import type { Path, Place, PlaceId } from "../../components/layered/figure";

export type Aggregated = components["schemas"]["Aggregated"];
export type Step = components["schemas"]["Step"];
export type Sign = "positive" | "negative";

/** What names a step among others of a figure. */
export type StepName = readonly [layer: number, source: PlaceId, target: PlaceId, component: number | null];

export const SKIP = -1;
const FULL = 9; // pixels of a step that all sentences take
const LEAST = 0.8;
const NUMBERED = 0.2; // share from which on a step bears the number of its head

export const nameOf = (step: Step): StepName => [step.layer, step.source, step.target, step.component];

export const key = (name: StepName): string => JSON.stringify(name);

/** A step by its name in an address; null of what is none. */
export function parseStep(text: string): StepName | null {
  try {
    const [layer, source, target, component, ...rest] = JSON.parse(text);
    const place = (value: unknown) => typeof value === "number" || typeof value === "string";
    const carried = component === null || Number.isInteger(component);
    if (!Number.isInteger(layer) || !place(source) || !place(target) || !carried || rest.length > 0) return null;
    return [layer, source, target, component];
  } catch {
    return null;
  }
}

/** How often a step is taken: by patterns of one sign, or of whichever takes it more often. */
export const shareOf = (step: Step, sign: Sign | null): number =>
  sign === null ? Math.max(step.positive, step.negative) : step[sign];

/** A step's share here and there. */
export interface Compared {
  step: Step;
  here: number;
  there: number;
  difference: number;
}

/** The steps whose shares differ by at least so much, the largest difference first. */
export function compare(here: readonly Step[], there: readonly Step[], sign: Sign | null, least: number): Compared[] {
  const others = new Map(there.map((step) => [key(nameOf(step)), step]));
  const both = here.map((step): Compared => {
    const other = others.get(key(nameOf(step)));
    others.delete(key(nameOf(step)));
    return compared(step, shareOf(step, sign), other === undefined ? 0 : shareOf(other, sign));
  });
  const only = [...others.values()].map((step) => compared(step, 0, shareOf(step, sign)));
  return [...both, ...only]
    .filter((each) => each.difference !== 0 && Math.abs(each.difference) >= least)
    .sort((a, b) => Math.abs(b.difference) - Math.abs(a.difference));
}

const compared = (step: Step, here: number, there: number): Compared => ({
  step,
  here,
  there,
  difference: here - there,
});

const width = (share: number) => Math.max(LEAST, FULL * share);

/** Lines of one sign or of both: skip connections dotted, and heads with their numbers where there is room. */
export function linesOf(steps: readonly Step[], sign: Sign | null, least: number): Path[] {
  const signs: Sign[] = sign === null ? ["positive", "negative"] : [sign];
  return steps.flatMap((step) =>
    signs.flatMap((each) => (step[each] > 0 && step[each] >= least ? [line(step, each, step[each])] : [])),
  );
}

/** Lines of differences: more frequent here, or (dashed) there. */
export const differingLines = (found: readonly Compared[]): Path[] =>
  found.map(({ step, difference }) => ({
    ...line(step, difference > 0 ? "positive" : "negative", Math.abs(difference)),
    steps: [{ dash: difference > 0 ? "solid" : "dashed", ...numbered(step, Math.abs(difference)) }],
  }));

const line = (step: Step, sign: Sign, share: number): Path => ({
  id: `${sign} ${key(nameOf(step))}`,
  from: step.layer,
  places: [step.source, step.target],
  sign: sign === "positive" ? 1 : -1,
  width: width(share),
  steps: [step.component === SKIP ? { dash: "dotted" } : numbered(step, share)],
});

const numbered = (step: Step, share: number) =>
  step.component === null || step.component === SKIP || share < NUMBERED ? {} : { label: String(step.component) };

/** The step that a line is of. */
export const stepOf = (path: Path): StepName | null => parseStep(path.id.slice(path.id.indexOf(" ") + 1));

/** The places of one answer, or of two, from left to right; where patterns end is bold. */
export function placesOf(...answers: readonly Aggregated[]): Place[] {
  const known = new Map<PlaceId, { position: number; label: string }>();
  for (const { places } of answers) {
    for (const { place, ...rest } of places) if (!known.has(place)) known.set(place, rest);
  }
  const ends = new Set(
    answers.flatMap(({ steps, layers }) =>
      steps.filter((step) => step.layer === layers - 1).map((step) => step.target),
    ),
  );
  return [...known]
    .sort(([, a], [, b]) => a.position - b.position)
    .map(([id, { label }]) => ({ id, label, bold: ends.size === 1 && ends.has(id) }));
}

export const carrier = (component: number | null): string =>
  component === null ? "any component" : component === SKIP ? "the skip connection" : `head ${component}`;

/** A step in words. */
export function told([layer, source, target, component]: StepName, labels: ReadonlyMap<PlaceId, string>): string {
  const place = (id: PlaceId) => {
    const label = labels.get(id) ?? String(id);
    return typeof id === "number" && label !== `#${id}` ? `${label} (${id})` : label;
  };
  return `layer ${layer} to ${layer + 1}, ${place(source)} to ${place(target)}, by ${carrier(component)}`;
}

const column = (name: string, type: string) => ({ name, type });
const OF_STEP = [
  column("step", "string"),
  column("layer", "integer"),
  column("source", "any"),
  column("target", "any"),
  column("component", "integer"),
];
const values = (step: Step) => [key(nameOf(step)), ...nameOf(step)];

/** Steps with their shares and intervals. */
export const tableOf = (steps: readonly Step[]): TableData => ({
  fields: [
    ...OF_STEP,
    ...["positive", "positive_low", "positive_high", "negative", "negative_low", "negative_high", "influence"].map(
      (name) => column(name, "number"),
    ),
  ],
  values: steps.map((step) => [
    ...values(step),
    step.positive,
    step.positive_low,
    step.positive_high,
    step.negative,
    step.negative_low,
    step.negative_high,
    step.influence,
  ]),
});

/** Steps with their shares here and there. */
export const differingTable = (found: readonly Compared[]): TableData => ({
  fields: [...OF_STEP, column("here", "number"), column("there", "number"), column("difference", "number")],
  values: found.map(({ step, here, there, difference }) => [...values(step), here, there, difference]),
});
