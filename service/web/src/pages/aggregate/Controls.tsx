import type { components } from "../../api/schema";
import { casesOf } from "../../components/reports/Choices";
import type { Run } from "../../components/reports/catalogue";
import { Select } from "../../components/reports/Select";
import { Term } from "../../components/Term";
import style from "./Aggregate.module.css";
import { SKIP } from "./steps";
import type { ChangeView, View } from "./useView";

type OtherRun = components["schemas"]["Run"];

/** Which sentences are laid over each other, and which of their steps are drawn. */
export function Controls(props: {
  run: Run;
  others: readonly OtherRun[];
  heads: readonly number[];
  view: View;
  task: string;
  name: string;
  change: ChangeView;
}) {
  const { run, others, heads, view, task, name, change } = props;
  const tasks = [...new Set(run.cases.map((each) => each.task))];
  const cases = casesOf(run, task);
  const components: (readonly [string, string])[] = heads.map((head) => [
    String(head),
    head === SKIP ? "Skip connections" : `Head ${head}`,
  ]);
  return (
    <section className="card stack" aria-label="What is drawn">
      <div className={style.controls}>
        <Select
          label="Task"
          value={task}
          options={tasks}
          onChange={(to) => change({ task: to, case: casesOf(run, to)[0] ?? null, against: null, step: null })}
        />
        <Select
          label="Case"
          value={name}
          options={cases}
          onChange={(to) => change({ task, case: to, ...(to === view.against ? { against: null } : {}), step: null })}
        />
        <Select
          label="Minus case"
          none="No other case"
          value={view.against}
          options={cases.filter((each) => each !== name)}
          onChange={(to) => change({ against: to, step: null })}
        />
        <Select
          label="Minus run"
          none="No other run"
          value={view.against_run}
          options={others.map((each) => each.name)}
          onChange={(to) => change({ against_run: to, step: null })}
        />
      </div>
      <div className={style.controls}>
        <Select
          label="Level"
          value={view.level}
          options={[
            ["attention", "Attention: heads apart"],
            ["embedding", "Embedding: positions only"],
          ]}
          onChange={(to) => change({ level: to as View["level"], component: null, step: null })}
        />
        <Select
          label="Align by"
          value={view.align}
          options={
            run.has_roles || view.align === "role"
              ? [
                  ["position", "Position"],
                  ["role", "Role"],
                ]
              : [["position", "Position"]]
          }
          title={run.has_roles ? undefined : "Not all sentences of this run have roles."}
          onChange={(to) => change({ align: to as View["align"], step: null })}
        />
        <Select
          label="Words"
          none="Positive and negative"
          value={view.sign}
          options={[
            ["positive", "Positive words"],
            ["negative", "Negative words"],
          ]}
          onChange={(to) => change({ sign: to as View["sign"] })}
        />
        {view.level === "attention" && (
          <Select
            label="Component"
            none="All"
            value={view.component === null ? null : String(view.component)}
            options={components}
            onChange={(to) => change({ component: to === null ? null : Number(to) })}
          />
        )}
        <label className={style.threshold}>
          <span>
            <Term name="flow frequency">Share of the sentences</Term>, at least {Math.round(100 * view.least)} %
          </span>
          <input
            type="range"
            aria-label="Share of the sentences, at least"
            min={0}
            max={1}
            step={0.01}
            value={view.least}
            onChange={(event) => change({ least: event.target.valueAsNumber }, { history: "replace", throttleMs: 150 })}
          />
        </label>
      </div>
    </section>
  );
}
