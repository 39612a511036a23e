import { Term } from "../Term";
import type { Choice, Report, Run } from "./catalogue";
import style from "./Reports.module.css";
import { Count, Select } from "./Select";

type Changes = Partial<{ [Name in keyof Choice]: Choice[Name] | null } & { against: string | null }>;

/** What all reports are about, and how they count: only what the shown one takes. */
export function Choices(props: {
  run: Run;
  report: Report | undefined;
  choice: Choice;
  onChange: (to: Changes) => void;
}) {
  const { run, report, choice, onChange } = props;
  const takes = (name: string) => report?.parameters.includes(name) ?? false;
  const tasks = [...new Set(run.cases.map((each) => each.task))];
  const level = run.methods.find((method) => method.name === (choice.method ?? "gpr"))?.levels ?? [];
  const chooseTask = (task: string | null) => {
    const stays = choice.case === null || casesOf(run, task).includes(choice.case);
    onChange(stays ? { task } : { task, case: null, against: null });
  };
  return (
    <div className={style.choices}>
      <Select label="Task" none="All tasks" value={choice.task} options={tasks} onChange={chooseTask} />
      <Select
        label="Case"
        none="All cases"
        value={choice.case}
        options={casesOf(run, choice.task)}
        onChange={(name) => onChange(name === null ? { case: null, against: null } : { case: name })}
      />
      {takes("level") && (
        <Select
          label="Level of patterns"
          none={`Default (${level.includes("attention") ? "attention" : (level[0] ?? "attention")})`}
          value={choice.level}
          options={level}
          onChange={(name) => onChange({ level: name })}
        />
      )}
      {takes("method") && run.methods.length > 1 && (
        <Select
          label="Patterns by"
          none="Guided pattern refinement"
          value={choice.method}
          options={run.methods.flatMap((method) => (method.name === "gpr" ? [] : [method.name]))}
          onChange={(name) => onChange({ method: name })}
        />
      )}
      {takes("align") && (
        <Select
          label="Align by"
          none="Position"
          value={choice.align === "position" ? null : choice.align}
          options={run.has_roles || choice.align === "role" ? [["role", "Role"]] : []}
          title={run.has_roles ? undefined : "Not all sentences of this run have roles."}
          onChange={(name) => onChange({ align: name })}
        />
      )}
      {takes("top") && (
        <Count label="Strongest" value={choice.top} placeholder="5, 10, 20, 50" onChange={(top) => onChange({ top })} />
      )}
      <Count label="Rows at most" value={choice.rows} onChange={(rows) => onChange({ rows })} />
      {report !== undefined && !takes("task") && (
        <p className="quiet">
          This report is of the whole <Term name="run">run</Term>.
        </p>
      )}
    </div>
  );
}

/** The names of a task's cases, or of all. */
export const casesOf = (run: Run, task: string | null): string[] => [
  ...new Set(run.cases.filter((each) => task === null || each.task === task).map((each) => each.name)),
];
