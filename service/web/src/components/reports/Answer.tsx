import { lazy, Suspense, useId, useMemo } from "react";
import { DataTable, readable, type TableData, text } from "../DataTable";
import { Downloads } from "../Downloads";
import { TABLES } from "../downloads";
import { Loading } from "../States";
import { moment } from "../units";
import style from "./Reports.module.css";
import type { Drawing } from "./reading";
import { rowsOf } from "./rows";
import { Select } from "./Select";

const Charts = lazy(() => import("../charts/Charts"));

/** A table of the service and its chart beside each other, with what they can be saved as. */
export function Answer(props: {
  table: TableData;
  drawings: readonly Drawing[];
  /** What it is called, for readers and in the names of files. */
  title: string;
  name: string;
  /** Where all of its rows are. */
  path: string;
  definitions: Readonly<Record<string, string>>;
  shown: string | null;
  onShow: (name: string | null) => void;
  /** Rows that are drawn, where they are those of another table. */
  drawn?: TableData;
}) {
  const { table, drawings, title, name, path, definitions, shown, onShow, drawn = table } = props;
  const id = useId();
  const drawing = drawings.find((each) => each.name === shown) ?? drawings[0];
  const charts = useMemo(() => drawing?.draw(rowsOf(drawn)) ?? [], [drawing, drawn]);
  return (
    <div className={style.holder}>
      <div className={style.answer}>
        {charts.length > 0 && (
          <section className={style.chart} aria-labelledby={id}>
            <div className="row spread middle">
              <h3 id={id}>Chart</h3>
              {drawings.length > 1 && (
                <Select
                  label="Shown"
                  value={drawing?.name ?? null}
                  options={drawings.map((each) => [each.name, each.label])}
                  onChange={onShow}
                />
              )}
            </div>
            <Suspense fallback={<Loading what="Loading the charts" />}>
              <Charts charts={charts} label={title} name={name} />
            </Suspense>
          </section>
        )}
        <section className={style.table} aria-label="Table">
          <h3>Table</h3>
          {table.values.length === 1 && table.fields.length > 8 ? (
            <Facts table={table} definitions={definitions} />
          ) : (
            <DataTable table={table} caption={title} definitions={definitions} />
          )}
          <Downloads of="the table" name={name} path={path} formats={TABLES} />
        </section>
      </div>
    </div>
  );
}

/** A value of a single row, where there is room for it: a moment, or what an object holds. */
function fact(name: string, value: unknown): string {
  if (typeof value !== "string") return text(value);
  if (name.endsWith("_at")) return moment(value);
  if (!value.startsWith("{")) return value;
  const parts = Object.entries(JSON.parse(value) as Record<string, unknown>);
  return parts.flatMap(([key, part]) => (part === null ? [] : `${readable(key)}: ${text(part)}`)).join(", ");
}

/** A table of a single row that is too wide: a line for each column. */
function Facts({ table, definitions }: { table: TableData; definitions: Readonly<Record<string, string>> }) {
  return (
    <dl className={style.facts}>
      {table.fields.map((field, at) => (
        <div key={field.name}>
          <dt title={definitions[field.name]}>{readable(field.name)}</dt>
          <dd>{fact(field.name, table.values[0]?.[at])}</dd>
        </div>
      ))}
    </dl>
  );
}
