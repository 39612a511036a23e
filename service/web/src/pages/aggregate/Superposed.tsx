import { useMemo } from "react";
import { DataTable, text } from "../../components/DataTable";
import { Downloads } from "../../components/Downloads";
import { TABLES } from "../../components/downloads";
import type { Hit, Path } from "../../components/layered/figure";
import { LayeredFigure } from "../../components/layered/LayeredFigure";
import { path } from "../../components/paths";
import { Empty } from "../../components/States";
import { counted } from "../../components/units";
import style from "./Aggregate.module.css";
import { Key } from "./Key";
import {
  type Aggregated,
  compare,
  differingLines,
  differingTable,
  key,
  linesOf,
  nameOf,
  parseStep,
  placesOf,
  type StepName,
  shareOf,
  stepOf,
  tableOf,
  told,
} from "./steps";
import type { View } from "./useView";

export interface Side {
  run: string;
  name: string;
  answer: Aggregated;
}

const DRAWN = 600; // lines: more would hide each other

const MEANINGS = {
  step: "Choose it to see the sentences whose patterns take it.",
  layer: "That the step leaves.",
  source: "Position, or role, that the step leaves.",
  target: "Position, or role, that the step reaches.",
  component: "A head; −1 is the skip connection; none at embedding level.",
  positive: "Share of the sentences with a pattern of a positive word that takes the step.",
  positive_low: "Lower end of its 95 % Wilson interval.",
  positive_high: "Upper end of its 95 % Wilson interval.",
  negative: "Share of the sentences with a pattern of a negative word that takes the step.",
  negative_low: "Lower end of its 95 % Wilson interval.",
  negative_high: "Upper end of its 95 % Wilson interval.",
  influence: "Mean over the sentences of what flows through the patterns that take it.",
  here: "Share of the first side’s sentences.",
  there: "Share of the second side’s sentences.",
  difference: "Here minus there.",
};

/** The figure of one case, or of the difference of two; its table; and what was left out. */
export function Superposed(props: {
  here: Side;
  there: Side | null;
  task: string;
  view: View;
  onPick: (step: StepName | null) => void;
}) {
  const { here, there, task, view, onPick } = props;
  const { sign, least } = view;
  const steps = useMemo(
    () => (there === null ? here.answer.steps.filter((step) => shareOf(step, sign) >= least) : []),
    [here, there, sign, least],
  );
  const differing = useMemo(
    () => (there === null ? [] : compare(here.answer.steps, there.answer.steps, sign, least)),
    [here, there, sign, least],
  );
  const all = useMemo(
    () => (there === null ? linesOf(steps, sign, least) : differingLines(differing)),
    [steps, differing, there, sign, least],
  );
  const paths = useMemo(() => all.slice(0, DRAWN), [all]);
  const answers = there === null ? [here.answer] : [here.answer, there.answer];
  // biome-ignore lint/correctness/useExhaustiveDependencies: answers are made of these two
  const places = useMemo(() => placesOf(...answers), [here.answer, there?.answer]);
  const labels = useMemo(() => new Map(places.map((place) => [place.id, place.label])), [places]);
  const layers = Math.max(...answers.map((answer) => answer.layers));
  const table = useMemo(() => (there === null ? tableOf(steps) : differingTable(differing)), [steps, differing, there]);
  const chosen = view.step;
  const pinned = useMemo(
    () =>
      chosen === null
        ? []
        : [
            { layer: chosen[0], place: chosen[1] },
            { layer: chosen[0] + 1, place: chosen[2] },
          ],
    [chosen],
  );
  const shares = useMemo(() => sharesOf(here, there), [here, there]);
  const describe = (hit: Hit) => {
    if (hit.kind !== "path") return nodeTold(hit, labels, paths);
    const name = stepOf(hit.path);
    return name === null ? null : (
      <>
        {told(name, labels)}
        <br />
        {shares(name)}
      </>
    );
  };
  const title = `${here.run} ${task} ${here.name}${there === null ? "" : ` − ${there.run} ${there.name}`}`;
  const query = { task, case: here.name, level: view.level, align: view.align };
  const pdf = there === null || there.run === here.run;
  const rest = answers.reduce((sum, answer) => sum + answer.left_out, 0);
  return (
    <section className="card stack" aria-labelledby="superposed">
      <h2 id="superposed">{title}</h2>
      <p className="quiet">
        {counted(here.answer.instances, "sentence")} laid over each other
        {there !== null && `, minus ${counted(there.answer.instances, "sentence")}`}. Drawn:{" "}
        {counted(paths.length, "line")}
        {there === null ? " of steps that" : " of steps whose shares differ by"} at least {Math.round(100 * least)} %
        {there === null && " of the sentences take"}.{" "}
        {rest > 0 &&
          `${counted(rest, "rarer step")} ${rest === 1 ? "is" : "are"} left out: lower the share to see more. `}
        {all.length > paths.length &&
          `${counted(all.length - paths.length, "more line")} would hide the others: the table has them.`}
      </p>
      <Key
        here={there?.run === here.run ? here.name : here.run}
        there={there === null ? null : there.run === here.run ? there.name : there.run}
        heads={view.level === "attention"}
      />
      {paths.length === 0 ? (
        <Empty title="No step is as frequent as that">Lower the share, or choose other words or components.</Empty>
      ) : (
        <LayeredFigure
          label={`How often patterns take each step, ${title}`}
          name={`aggregate-${here.run}-${here.name}`}
          places={places}
          layers={layers}
          paths={paths}
          pinned={pinned}
          describe={describe}
          onPick={(path) => onPick(stepOf(path))}
          onClear={() => onPick(null)}
        />
      )}
      <details className={style.table}>
        <summary>The table behind the figure</summary>
        <div className="stack">
          <DataTable
            table={table}
            caption={`Steps, ${title}`}
            definitions={MEANINGS}
            chosen={(row) => chosen !== null && row[0] === key(chosen)}
            cell={(value, field) =>
              field.name === "step" ? (
                <button type="button" className="plain" onClick={() => onPick(parseStep(String(value)))}>
                  {short(parseStep(String(value)), labels)}
                </button>
              ) : (
                text(value)
              )
            }
          />
        </div>
      </details>
      <Downloads
        of={`all steps of ${here.name}`}
        name={`steps-${here.run}-${here.name}`}
        path={path("/v1/runs", [here.run, "reports", "flow-frequency"], query)}
        formats={TABLES}
      />
      {pdf ? (
        <Downloads
          of="the figure for print"
          name={`aggregate-${here.run}-${here.name}`}
          path={path("/v1/runs", [here.run, "figures", there === null ? "aggregated" : "difference"], {
            ...query,
            ...(there === null ? {} : { against: there.name }),
            least_share: least,
          })}
          formats={{ PDF: ["application/pdf", "pdf"] }}
        />
      ) : (
        <p className="quiet">The service draws differences of cases only: there is no PDF of two runs.</p>
      )}
    </section>
  );
}

function nodeTold(hit: Hit, labels: ReadonlyMap<unknown, string>, paths: readonly Path[]) {
  if (hit.kind !== "node") return null;
  const lines = paths.filter(
    ({ from = 0, places }) =>
      (from === hit.layer && places[0] === hit.place) || (from + 1 === hit.layer && places[1] === hit.place),
  );
  return `${labels.get(hit.place) ?? hit.place}, layer ${hit.layer}: ${counted(lines.length, "line")}`;
}

/** What is told of a step's shares: with intervals, or on both sides. */
function sharesOf(here: Side, there: Side | null) {
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  const index = (side: Side) => new Map(side.answer.steps.map((step) => [key(nameOf(step)), step]));
  const [ours, theirs] = [index(here), there === null ? null : index(there)];
  return (name: StepName): string => {
    const step = ours.get(key(name));
    if (theirs === null) {
      if (step === undefined) return "";
      const positive = `${percent(step.positive)} (${percent(step.positive_low)} to ${percent(step.positive_high)})`;
      const negative = `${percent(step.negative)} (${percent(step.negative_low)} to ${percent(step.negative_high)})`;
      return `positive words: ${positive}, negative words: ${negative} of the sentences`;
    }
    const other = theirs.get(key(name));
    const part = (kind: "positive" | "negative") => `${percent(step?.[kind] ?? 0)} and ${percent(other?.[kind] ?? 0)}`;
    return `here and there: positive words ${part("positive")}, negative words ${part("negative")}`;
  };
}

function short(name: StepName | null, labels: ReadonlyMap<unknown, string>): string {
  if (name === null) return "–";
  const [layer, source, target, component] = name;
  const by = component === null ? ">" : component === -1 ? "skip" : `h${component}`;
  return `${layer}: ${labels.get(source) ?? source} ${by} ${labels.get(target) ?? target}`;
}
