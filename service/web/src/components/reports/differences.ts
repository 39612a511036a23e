import { readable, text } from "../DataTable";
import type { Run } from "./catalogue";

/** What is not the same of two runs. */
export interface Difference {
  what: string;
  first: string;
  second: string;
}

/** All that was chosen or made differently in two runs, in the order in which it matters. */
export function differences(first: Run, second: Run): Difference[] {
  const told = (run: Run): Record<string, unknown> => ({
    Model: run.model_name ?? "–",
    "Model’s fingerprint": run.model.slice(0, 12),
    Status: run.status,
    Sentences: run.instances,
    "Right, or above 0": run.correct,
    Cases: run.cases.map((each) => `${each.task} ${each.name}`),
    "Methods of patterns": run.methods.map((each) => each.name),
    ...named("Setting: ", run.settings),
    ...named("Version of ", run.versions),
  });
  const [ours, theirs] = [told(first), told(second)];
  return [...new Set([...Object.keys(ours), ...Object.keys(theirs)])]
    .map((what) => ({ what, first: text(ours[what]), second: text(theirs[what]) }))
    .filter((each) => each.first !== each.second);
}

const named = (prefix: string, values: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${readable(name)}`, value]));

interface Known {
  id: string;
  text: string;
}

/** How many sentences two runs have in common, by id and text, and how many only one of them. */
export function shared(first: readonly Known[], second: readonly Known[]) {
  const theirs = new Map(second.map((each) => [each.id, each.text]));
  const both = first.filter((each) => theirs.get(each.id) === each.text).length;
  return { both, first: first.length - both, second: second.length - both };
}
