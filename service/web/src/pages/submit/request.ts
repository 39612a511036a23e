import { Problem } from "../../api/problem";
import type { components } from "../../api/schema";

export type Sentence = Record<string, unknown>;

/** Sentences, and what a reader calls the place of each: the service only knows their order. */
export interface Placed {
  sentences: Sentence[];
  places: string[];
}

export interface Row {
  text: string;
  correct: string;
  wrong: string;
}

export interface Settings {
  sampling: string;
  samples: string;
  tolerance: string;
  distribution: string;
  baseline: string;
  edges: string;
  words: string;
  methods: string[];
}

export const DEFAULTS: Settings = {
  sampling: "",
  samples: "",
  tolerance: "",
  distribution: "line",
  baseline: "mask",
  edges: "top:200",
  words: "all",
  methods: [],
};

const FIX =
  'Give each line one object, such as {"text": "the farmer ***mask*** old .", "correct": "is", "wrong": "are"}.';

/** The rows that are filled in; a classifier's have a label instead of two answers. */
export function ofRows(rows: Row[], classes: boolean): Placed {
  const placed: Placed = { sentences: [], places: [] };
  rows.forEach(({ text, correct, wrong }, index) => {
    if (text.trim() === "" && correct.trim() === "" && wrong.trim() === "") return;
    placed.sentences.push(
      classes ? { text, label: correct.trim() } : { text, correct: correct.trim(), wrong: wrong.trim() },
    );
    placed.places.push(`row ${index + 1}`);
  });
  return placed;
}

/** The objects of JSON lines; empty lines are none. Throws a `Problem` that names the line. */
export function ofLines(pasted: string): Placed {
  const placed: Placed = { sentences: [], places: [] };
  pasted.split("\n").forEach((line, index) => {
    if (line.trim() === "") return;
    const where = `line ${index + 1}`;
    placed.sentences.push(objectOf(line, where));
    placed.places.push(where);
  });
  return placed;
}

function objectOf(line: string, where: string): Sentence {
  let found: unknown;
  try {
    found = JSON.parse(line);
  } catch (error) {
    throw unusable(`it is no JSON (${(error as Error).message})`, where);
  }
  if (typeof found !== "object" || found === null || Array.isArray(found))
    throw unusable("it is no JSON object", where);
  return found as Sentence;
}

export const unusable = (detail: string, where?: string, fix = FIX): Problem =>
  new Problem({ type: "/problems/invalid-input", status: 422, detail, field: "sentences", fix, where });

/** What a job takes besides its sentences; what is left empty has the service's default. */
export function optionsOf(form: { name: string; model: string; skipBad: boolean; settings: Settings }) {
  const { sampling, samples, tolerance, ...rest } = form.settings;
  const settings = {
    ...rest,
    ...(sampling !== "" && { sampling }),
    ...(samples !== "" && { samples: numberOf(samples) }),
    ...(tolerance !== "" && { tolerance: numberOf(tolerance) }),
  } as components["schemas"]["JobSettings"];
  const name = form.name.trim();
  return { ...(name !== "" && { name }), model: form.model, skip_bad: form.skipBad, settings };
}

/** What is no number goes to the service as it is written, and is refused there. */
const numberOf = (written: string): number | string => (Number.isFinite(Number(written)) ? Number(written) : written);

const OWN = ["name", "model", "file", "idempotency_key", ...Object.keys(DEFAULTS)];

/** Which part of the form a problem belongs to; null where it belongs to none. */
export function partOf(problem: Problem): string | null {
  const field = problem.field?.replace(/^options\./, "").replace(/^settings\./, "");
  if (field === undefined) return null;
  if (problem.where === undefined && OWN.includes(field)) return field === "idempotency_key" ? null : field;
  if (problem.where !== undefined || /^(sentences|input|text|correct|wrong|label|id|stem)\b/.test(field))
    return "sentences";
  return null;
}

/** The problem, placed as whoever typed it counts. */
export function located(problem: Problem, places: string[]): Problem {
  const index = /^sentences\.(\d+)/.exec(problem.where ?? problem.field ?? "")?.[1];
  const where = index === undefined ? problem.where : (places[Number(index)] ?? problem.where);
  return new Problem({ ...problem, detail: problem.message, where });
}

/** What makes the same form sent twice one job. (`crypto.randomUUID` is missing where a page came by plain HTTP.) */
export const formKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16)).join("-");
