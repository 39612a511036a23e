import { Link } from "react-router";
import type { components } from "../../api/schema";
import { path } from "../../components/paths";
import { Term } from "../../components/Term";
import { count, counted, percent, share } from "../../components/units";
import style from "./Run.module.css";

/** What a run is worth: how often the model is right, and whether its influences can be trusted. */
export function Worth({ run, name }: { run: components["schemas"]["RunDetails"]; name: string }) {
  const { inexact } = run;
  return (
    <section className="card stack">
      <h2>Quality</h2>
      <dl className={style.facts}>
        {run.right !== null && (
          <div>
            <dt>Sentences the model gets right</dt>
            <dd>
              {count(run.right)} of {count(run.instances)} ({share(run.right, run.instances)})
            </dd>
          </div>
        )}
        <div>
          <dt>
            <Term name="Completeness error" /> above {`${inexact.acceptable * 100} %`}
          </dt>
          <dd>{inexact.count === 0 ? "none" : counted(inexact.count, "sentence")}</dd>
        </div>
        {inexact.beyond_tolerance > 0 && (
          <div>
            <dt>Beyond the tolerance of their sampling</dt>
            <dd>{counted(inexact.beyond_tolerance, "sentence")}</dd>
          </div>
        )}
      </dl>
      {inexact.count > 0 && (
        <Worst of={`The worst, of ${count(inexact.count)}`} run={name} named={inexact.worst}>
          Their influences do not add up, and should not be trusted. Adaptive sampling, or more samples, makes them
          exact.
        </Worst>
      )}
      {inexact.beyond_tolerance > 0 && (
        <Worst of={`The farthest, of ${count(inexact.beyond_tolerance)}`} run={name} named={inexact.worst_sampled}>
          They needed more samples than they were allowed. Allow more, or a larger tolerance.
        </Worst>
      )}
    </section>
  );
}

function Worst(props: { of: string; run: string; named: [string, number][] | unknown[][]; children: string }) {
  const { of, run, named, children } = props;
  return (
    <div>
      <p>{children}</p>
      <p className="quiet">{of}:</p>
      <ul>
        {(named as [string, number][]).map(([id, error]) => (
          <li key={id}>
            <Link to={path("/runs", [run, "sentence"], { id })}>{id}</Link> ({percent(error)})
          </li>
        ))}
      </ul>
    </div>
  );
}
