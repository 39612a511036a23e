import { heads } from "./kinds";
import { bars, type Drawing, eachCase, stepName } from "./reading";
import { componentName, type Row, string } from "./rows";

/** Both sides' differences with their intervals, the largest first; of heads as a map. */
export function drawComparison(report: string, rows: readonly Row[]): Drawing[] {
  const measures = [...new Set(rows.map((row) => string(row, "measure")))];
  return measures.flatMap((measure) => {
    const those = rows.filter((row) => row.measure === measure);
    const label = measure.replaceAll("_", " ");
    const differences: Drawing = {
      name: measure,
      label: `Difference of ${label}`,
      draw: () =>
        report === "heads"
          ? eachCase(those, (each) => heads(each, "difference", `difference of ${label}`))
          : [
              bars(those, `difference of ${label}`, [{ name: "first − second", tone: "signed" }], {
                name: (row) => comparedName(row, those),
                values: ["difference"],
                spans: [["low", "high"]],
              }),
            ],
    };
    const beside: Drawing = {
      name: `${measure}-beside`,
      label: `Both sides’ ${label}`,
      draw: () => [
        bars(
          those,
          label,
          [
            { name: "first", tone: "positive" },
            { name: "second", tone: "negative" },
          ],
          { name: (row) => comparedName(row, those), values: ["first", "second"] },
        ),
      ],
    };
    return [differences, beside];
  });
}

const MEASURED = new Set(["measure", "first", "second", "difference", "low", "high"]);

/** What a compared row is of. */
function comparedName(row: Row, rows: readonly Row[]): string {
  if ("source" in row && "target" in row) return stepName(row);
  const several = (name: string) => new Set(rows.map((each) => each[name])).size > 1;
  const names = Object.keys(row).filter((name) => !MEASURED.has(name));
  const told = names.filter((name) => !["task", "case"].includes(name) || several(name));
  const parts = told.map((name) => {
    if (name === "component") return componentName(row[name]);
    return name === "layer" ? `layer ${row[name]}` : string(row, name);
  });
  return parts.join(" ") || string(row, "case");
}
