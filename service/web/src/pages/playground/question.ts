import { request } from "../../api/client";
import type { components } from "../../api/schema";

export type Analysis = components["schemas"]["Analysis"];
export type Checked = components["schemas"]["Checked"];
export type Model = components["schemas"]["Model"];

/** What is asked about a sentence, as the address has it. Empty fields are not given. */
export interface Question {
  model: string;
  text: string;
  correct: string;
  wrong: string;
  label: string;
  reference: string;
}

export const EXAMPLES: readonly (Question & { name: string })[] = [
  {
    name: "Across a relative clause",
    model: "bundled",
    text: "the pilot that the guards like [MASK] tall .",
    correct: "is",
    wrong: "are",
    label: "",
    reference: "",
  },
  {
    name: "Beside a plural",
    model: "bundled",
    text: "the farmers near the guard [MASK] old .",
    correct: "are",
    wrong: "is",
    label: "",
    reference: "",
  },
  {
    name: "Sentiment with a contrast",
    model: "bundled-sentiment",
    text: "the film was dull but the cast was clever .",
    correct: "",
    wrong: "",
    label: "positive",
    reference: "",
  },
];

/** Edges that are kept of an answer: all that 64 tokens have in 12 layers of 12 heads. */
const EDGES = "top:600000";
const WAIT = 3; // seconds until the service says how far it is
export const PARTS = "part=words&part=patterns&part=network&merged=true&strongest=100000";

/** A question as the service takes it. */
export function body({ model, ...fields }: Question, keep?: string) {
  const sentence = Object.fromEntries(Object.entries(fields).filter(([, value]) => value.trim() !== ""));
  return { sentence, model, settings: { edges: EDGES }, ...(keep !== undefined && { keep }) };
}

/** The fields that a question to a model has. */
export function fieldsOf(model: Model | undefined, { label }: Question): (keyof Question)[] {
  const asksClass = model ? model.labels !== null : label !== "";
  if (asksClass) return ["text", "model", "label"];
  return model?.question === "similarity" ? ["text", "model", "reference"] : ["text", "model", "correct", "wrong"];
}

/** A question without what its model does not ask for: what was written for another one is kept, and not sent. */
export const only = (question: Question, fields: readonly (keyof Question)[]): Question => ({
  ...EMPTY,
  ...Object.fromEntries(fields.map((field) => [field, question[field]])),
});

const EMPTY: Question = { model: "", text: "", correct: "", wrong: "", label: "", reference: "" };

export const same = (a: Question, b: Question): boolean =>
  (["model", "text", "correct", "wrong", "label", "reference"] as const).every((name) => a[name] === b[name]);

const post = (asked: unknown, signal?: AbortSignal): RequestInit => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(asked),
  signal: signal ?? null,
});

/** What a question would be, or the problem with it. */
export async function check(question: Question, signal: AbortSignal): Promise<Checked> {
  return (await request("/v1/analyses/check", post(body(question), signal))).json();
}

/** The answer. Whoever stops waiting takes the question back. */
export async function ask(
  question: Question,
  signal: AbortSignal,
  told: (status: Analysis["status"]) => void,
  keep?: string,
): Promise<Analysis> {
  let answer: Analysis = await (
    await request(`/v1/analyses?wait=${WAIT}&${PARTS}`, post(body(question, keep), signal))
  ).json();
  const withdraw = () => void request(`/v1/analyses/${answer.id}`, { method: "DELETE" }).catch(() => undefined);
  signal.addEventListener("abort", withdraw, { once: true });
  try {
    while (answer.status !== "completed") {
      told(answer.status);
      answer = await (await request(`/v1/analyses/${answer.id}?wait=${WAIT}&${PARTS}`, { signal })).json();
    }
  } finally {
    signal.removeEventListener("abort", withdraw);
  }
  return answer;
}

/** The same as a command. */
export const command = (question: Question): string =>
  `curl '${location.origin}/v1/analyses?${PARTS}' -H 'Content-Type: application/json' -d '${JSON.stringify(body(question)).replaceAll("'", "'\\''")}'`;
