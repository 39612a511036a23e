import type { TableData } from "../DataTable";

/** A row of a table by its columns. */
export type Row = Readonly<Record<string, unknown>>;

export const rowsOf = (table: TableData): Row[] =>
  table.values.map((values) => Object.fromEntries(table.fields.map((field, at) => [field.name, values[at]])));

/** A number of a row; null of what is none. */
export const number = (row: Row, name: string): number | null => {
  const value = row[name];
  return typeof value === "number" ? value : null;
};

export const string = (row: Row, name: string): string => (row[name] === null ? "–" : String(row[name]));

interface CaseRows {
  task: string;
  case: string;
  rows: Row[];
}

/** The rows of each case, in their order. */
export function byCase(rows: readonly Row[]): CaseRows[] {
  const found = new Map<string, CaseRows>();
  for (const row of rows) {
    const [task, name] = [string(row, "task"), string(row, "case")];
    const known = found.get(`${task} ${name}`);
    if (known === undefined) found.set(`${task} ${name}`, { task, case: name, rows: [row] });
    else known.rows.push(row);
  }
  return [...found.values()];
}

/** What names a case among others: its task only where there are several. */
export function caseName(row: Row, rows: readonly Row[]): string {
  const tasks = new Set(rows.map((each) => each.task));
  return tasks.size > 1 ? `${string(row, "task")} ${string(row, "case")}` : string(row, "case");
}

/** A component as the reports write it: a head's number, or −1 for the skip connection. */
export const componentName = (component: unknown): string =>
  component === null || component === undefined ? "any" : component === -1 ? "skip" : `h${component}`;
