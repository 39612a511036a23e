import { type ReactNode, useMemo, useState } from "react";
import { define } from "../glossary";
import style from "./DataTable.module.css";
import { Tip } from "./Tip";

export interface Field {
  name: string;
  type: string;
}

export interface TableData {
  fields: Field[];
  values: unknown[][];
  cut?: boolean;
}

const PAGE = 100;
const SHORT = 24; // characters

/** A table as the service has it: sorted by a click on a column, some rows at a time. */
export function DataTable(props: {
  table: TableData;
  caption: string;
  /** What columns mean, by name. */
  definitions?: Readonly<Record<string, string>>;
  cell?: (value: unknown, field: Field, row: unknown[]) => ReactNode;
  chosen?: (row: unknown[]) => boolean;
}) {
  const { table, caption, definitions = {}, cell, chosen } = props;
  const [sorting, sort] = useState<{ column: number; down: boolean } | null>(null);
  const [shown, show] = useState(PAGE);
  const rows = useMemo(() => {
    if (sorting === null) return table.values;
    const sorted = [...table.values].sort((a, b) => compare(a[sorting.column], b[sorting.column]));
    return sorting.down ? sorted.reverse() : sorted;
  }, [table.values, sorting]);
  if (table.values.length === 0) return <p className="quiet">No rows.</p>;
  return (
    <div className={style.frame}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section className={style.scroll} tabIndex={0} aria-label={caption}>
        <table className={style.table}>
          <caption className="hidden">{caption}</caption>
          <thead>
            <tr>
              {table.fields.map((field, column) => {
                const direction = sorting?.column === column ? (sorting.down ? "descending" : "ascending") : "none";
                return (
                  <th key={field.name} scope="col" aria-sort={direction} className={numeric(field) ? "number" : ""}>
                    <Tip says={definitions[field.name] ?? define(readable(field.name)) ?? "Click to sort."}>
                      <button
                        type="button"
                        className={style.sort}
                        onClick={() => sort(next(sorting, column, numeric(field)))}
                      >
                        {readable(field.name)}
                        <span aria-hidden="true">{{ none: "", ascending: " ▲", descending: " ▼" }[direction]}</span>
                      </button>
                    </Tip>
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, shown).map((row, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows have no names
              <tr key={index} className={chosen?.(row) ? style.chosen : undefined}>
                {table.fields.map((field, column) => (
                  <td key={field.name} className={numeric(field) ? "number" : lengthOf(row[column])}>
                    {cell?.(row[column], field, row) ?? text(row[column])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p className="quiet">
        {count(Math.min(shown, rows.length), rows.length)}
        {table.cut && " The service has more rows: ask for more, or download all."}{" "}
        {shown < rows.length && (
          <button type="button" className="plain" onClick={() => show(shown + 5 * PAGE)}>
            Show more
          </button>
        )}
      </p>
    </div>
  );
}

/** What is short stays on one line; what is long has room for some words. */
const lengthOf = (value: unknown) => (text(value).length > SHORT ? style.long : style.short);

const numeric = (field: Field) => field.type === "number" || field.type === "integer";

const count = (shown: number, all: number) =>
  shown < all
    ? `${shown.toLocaleString("en")} of ${all.toLocaleString("en")} rows.`
    : `${all.toLocaleString("en")} ${all === 1 ? "row" : "rows"}.`;

/** A column's name in words. */
export const readable = (name: string) => name.replaceAll("_", " ");

/** A click more: numbers begin with the largest, a third click gives the order of the service. */
function next(sorting: { column: number; down: boolean } | null, column: number, down: boolean) {
  if (sorting?.column !== column) return { column, down };
  return sorting.down === down ? { column, down: !down } : null;
}

function compare(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === null || a === undefined) return -1;
  if (b === null || b === undefined) return 1;
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

/** A value as people read it; numbers with four digits that count. */
export function text(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return number(value);
  if (Array.isArray(value)) return value.map(text).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A number with four digits that count, and a true minus sign. */
export function number(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en").replace("-", "−");
  const size = Math.abs(value);
  const plain = size !== 0 && (size < 1e-4 || size >= 1e7) ? value.toExponential(2) : value.toPrecision(4);
  return plain.replaceAll("-", "−");
}
