import { Link, useParams } from "react-router";
import { hooks } from "../../api/client";
import { useTitle } from "../../app/title";
import { path } from "../../components/paths";
import { cypherOf, ROWS, type Run } from "../../components/reports/catalogue";
import { Worth } from "../../components/reports/Worth";
import { curl, Source } from "../../components/Source";
import { Answered, Empty } from "../../components/States";
import { Term } from "../../components/Term";
import style from "./Aggregate.module.css";
import { Behind } from "./Behind";
import { Controls } from "./Controls";
import { type Side, Superposed } from "./Superposed";
import { placesOf, SKIP, told } from "./steps";
import { type ChangeView, useView, type View } from "./useView";

/** The superposition of a case's sentences, and the sentences behind each of its steps. */
export function Component() {
  const { run: name = "" } = useParams();
  const [view, change] = useView();
  useTitle("Aggregate", name);
  const run = hooks.useQuery("get", "/v1/runs/{run}", { params: { path: { run: name } } });
  return (
    <div className="stack">
      <div>
        <p className="quiet">
          <Link to={path("/runs", [name])}>{name}</Link>
        </p>
        <h1>
          <Term name="superposition">Superposition</Term> of a case
        </h1>
      </div>
      <Answered query={run} what="Reading the run">
        {(details) => {
          const first = details.cases.find((each) => view.task === null || each.task === view.task) ?? details.cases[0];
          if (first === undefined) return <Empty title="The run has no sentences yet" />;
          return (
            <Case
              run={details as Run}
              task={view.task ?? first.task}
              name={view.case ?? first.name}
              view={view}
              change={change}
            />
          );
        }}
      </Answered>
    </div>
  );
}

const MOST = 2000; // steps that are asked for
const MOST_COMPARED = 20_000; // of both sides of a difference, whose rare steps count too

interface CaseProps {
  run: Run;
  task: string;
  name: string;
  view: View;
  change: ChangeView;
}

function Case(props: CaseProps) {
  const { run, task, name, view, change } = props;
  const runs = hooks.useQuery("get", "/v1/runs", { params: { query: { limit: 1000 } } });
  const compares = view.against !== null || view.against_run !== null;
  const [otherRun, otherCase] = [view.against_run ?? run.name, view.against ?? name];
  const query = (of: string) => ({
    task,
    case: of,
    level: view.level,
    align: view.align,
    ...(view.component === null ? {} : { component: view.component }),
    ...(view.sign === null ? {} : { sign: view.sign }),
    ...(compares ? { strongest: MOST_COMPARED } : { least: view.least, strongest: MOST }),
  });
  const ask = "/v1/runs/{run}/aggregates";
  const keep = { placeholderData: <Kept,>(before: Kept) => before };
  const here = hooks.useQuery("get", ask, { params: { path: { run: run.name }, query: query(name) } }, keep);
  const there = hooks.useQuery(
    "get",
    ask,
    { params: { path: { run: otherRun }, query: query(otherCase) } },
    { ...keep, enabled: compares },
  );
  const heads = hooks.useQuery("get", "/v1/runs/{run}/reports/{name}", {
    params: { path: { run: run.name, name: "heads" }, query: { task, case: name } },
  });
  const components = (heads.data as { values: unknown[][] } | undefined)?.values.map((row) => Number(row[1])) ?? [SKIP];
  const reports = hooks.useQuery("get", "/v1/reports");
  const flows = reports.data?.find((each) => each.name === "flow-frequency");
  const choice = { task, case: name, level: view.level, method: null, align: view.align, top: null, rows: ROWS };
  const onPick = (step: View["step"]) => change({ step });
  const sources = [here, ...(compares ? [there] : [])].map((_, at) =>
    path("/v1/runs", [at === 0 ? run.name : otherRun, "aggregates"], query(at === 0 ? name : otherCase)),
  );
  return (
    <>
      <Controls
        run={run}
        others={(runs.data?.runs ?? []).filter((each) => each.id !== run.id)}
        heads={[...new Set(components)].sort((a, b) => a - b)}
        view={view}
        task={task}
        name={name}
        change={change}
      />
      <Worth run={run} inexact={run.inexact} />
      <Answered query={here} what="Reading the superposition">
        {(ours) => {
          const side: Side = { run: run.name, name: ours.case, answer: ours };
          const draw = (other: Side | null) => (
            <Drawn here={side} there={other} task={task} view={view} onPick={onPick} />
          );
          if (!compares) return draw(null);
          return (
            <Answered query={there} what="Reading the second side">
              {(theirs) => draw({ run: otherRun, name: theirs.case, answer: theirs })}
            </Answered>
          );
        }}
      </Answered>
      {sources.map((source, at) => (
        <Source
          key={source}
          of={curl(source)}
          language="HTTP"
          what={compares ? `the ${at === 0 ? "first" : "second"} side` : undefined}
        />
      ))}
      {flows !== undefined && <Source of={cypherOf(flows, run.id, choice)} language="Cypher" />}
    </>
  );
}

function Drawn(props: {
  here: Side;
  there: Side | null;
  task: string;
  view: View;
  onPick: (step: View["step"]) => void;
}) {
  const { here, there, task, view, onPick } = props;
  const { step, sign } = view;
  const sides = there === null ? [here] : [here, there];
  return (
    <div className={step === null ? style.page : `${style.page} ${style.chosen}`}>
      <Superposed here={here} there={there} task={task} view={view} onPick={onPick} />
      {step !== null && (
        <aside className="card stack" aria-labelledby="behind">
          <div className="row spread middle">
            <h2 id="behind">Sentences behind the step</h2>
            <button type="button" onClick={() => onPick(null)}>
              Close
            </button>
          </div>
          <p>
            {told(step, new Map(placesOf(...sides.map((side) => side.answer)).map((place) => [place.id, place.label])))}
            {sign !== null && `, patterns of ${sign} words`}
          </p>
          {sides.map((side) => (
            <Behind
              key={`${side.run} ${side.name}`}
              run={side.run}
              task={task}
              name={side.name}
              step={step}
              view={view}
              sign={sign}
            />
          ))}
        </aside>
      )}
    </div>
  );
}
