import type { components } from "../../api/schema";

export type Report = components["schemas"]["Report"];
export type Run = components["schemas"]["RunDetails"];

/** What people ask a run, and the reports that answer it, in the order in which they are read. */
const GROUPS: readonly [title: string, reports: readonly string[]][] = [
  ["Is the model right, and are its patterns regular?", ["pattern-entropy", "entropy-correlation", "accuracy"]],
  ["Which words pull the wrong way?", ["attractors", "positions"]],
  ["Which heads carry influence?", ["heads", "skip-share", "concentration"]],
  ["Where does influence flow?", ["flow-frequency", "pattern-frequency", "node-entropy"]],
  ["How sure is it, and of what run?", ["stability", "overview"]],
];

const REST = "More reports";

/** Names that say more than a report's own title does beside the others. */
const TITLES: Readonly<Record<string, string>> = {
  "pattern-entropy": "Entropy against accuracy",
  "entropy-correlation": "Correlation with accuracy",
  heads: "Heads",
  overview: "Overview",
  positions: "Positions",
};

export const titleOf = (report: Report): string => TITLES[report.name] ?? report.title;

/** All reports in groups; those that nobody knows here are in the last. */
export function grouped(reports: readonly Report[]): { title: string; reports: Report[] }[] {
  const named = new Map(reports.map((report) => [report.name, report]));
  const groups = GROUPS.map(([title, names]) => ({ title, reports: names.flatMap((name) => named.get(name) ?? []) }));
  const known = new Set(GROUPS.flatMap(([, names]) => names));
  const rest = reports.filter((report) => !known.has(report.name));
  return [...groups, { title: REST, reports: rest }].filter((group) => group.reports.length > 0);
}

/** The report that is shown first. */
export const FIRST = "pattern-entropy";

/** What a reader chose, for all reports and both sides. */
export interface Choice {
  task: string | null;
  case: string | null;
  level: string | null;
  method: string | null;
  align: string | null;
  top: number | null;
  rows: number;
}

/** Rows that are asked for unless somebody wants more. */
export const ROWS = 500;

const CHOICES = ["task", "case", "level", "method", "align", "top"] as const;

/** The choices that a report takes, as its request names them. */
export function parametersOf(report: Report, choice: Choice): Record<string, string | number> {
  const taken = CHOICES.filter((name) => report.parameters.includes(name));
  const given = taken.flatMap((name) => (choice[name] === null ? [] : [[name, choice[name]] as const]));
  return { ...Object.fromEntries(given), rows: choice.rows };
}

/** The same and a second side, as a comparison takes it. */
export function comparisonOf(
  report: Report,
  choice: Choice,
  against: { run: string | null; case: string | null },
): Record<string, string | number> {
  const { top: _, ...rest } = parametersOf(report, choice);
  return {
    ...rest,
    ...(against.run === null ? {} : { against_run: against.run }),
    ...(against.case === null ? {} : { against_case: against.case }),
  };
}

/** A report's query with its parameters set, as a Cypher client takes it. */
export function cypherOf(report: Report, run: string, choice: Choice): string {
  const usual = { level: "attention", method: "gpr", align: "position" } as const;
  const value = (name: string) => {
    if (name === "run") return run;
    if (name === "limit") return choice.rows;
    if (name in usual) return choice[name as keyof typeof usual] ?? usual[name as keyof typeof usual];
    return choice[name as "task" | "case" | "top"];
  };
  const set = report.parameters.map((name) => `${name}: ${literal(value(name))}`);
  return `:param {${set.join(", ")}};\n${report.cypher}`;
}

const literal = (value: string | number | null): string =>
  typeof value === "string" ? `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'` : String(value);
