import { useQueryClient } from "@tanstack/react-query";
import { Link } from "react-router";
import type { components } from "../../api/schema";
import { useProgress } from "../../api/useProgress";
import { Bar } from "../../components/Bar";
import { named, path } from "../../components/paths";
import { RunActions } from "../../components/RunActions";
import { Status } from "../../components/Status";
import { Tip } from "../../components/Tip";
import { count, moment, share } from "../../components/units";
import style from "./Runs.module.css";

type Run = components["schemas"]["Run"];

/** A run in a line; of a job that runs, how far it is. */
export function Row(props: {
  run: Run;
  follow: boolean;
  picked: boolean;
  full: boolean;
  choose: (chosen: boolean) => void;
}) {
  const { run, follow, picked, full, choose } = props;
  const queries = useQueryClient();
  const [progress] = useProgress(run.id, follow, () => queries.invalidateQueries());
  return (
    <li className={style.run}>
      <label className={`inline ${style.pick}`}>
        <input
          type="checkbox"
          checked={picked}
          disabled={full && !picked}
          onChange={(event) => choose(event.target.checked)}
          aria-label={`Compare ${run.name}`}
        />
        <span className={style.label}>Compare</span>
      </label>
      <div className={style.name}>
        <Link to={path("/runs", [named(run)])}>{run.name}</Link>
        <span className="quiet">{run.model_name ?? run.source ?? `model ${run.model.slice(0, 8)}`}</span>
      </div>
      <div className={style.status}>
        <Status of={(follow && progress?.status) || run.status} />
        {follow && progress && <Bar name={run.name} progress={progress} />}
      </div>
      <span>
        <span className={style.label}>Sentences </span>
        {run.sentences !== null && run.sentences !== run.instances
          ? `${count(run.instances)} of ${count(run.sentences)}`
          : count(run.instances)}
      </span>
      <span>
        <span className={style.label}>Right </span>
        {run.right === null ? (
          <Tip says="Its question has no right answer.">
            <button type="button" className={`plain ${style.none}`}>
              –
            </button>
          </Tip>
        ) : (
          share(run.right, run.instances)
        )}
      </span>
      <time dateTime={run.created_at} className={style.when}>
        {moment(run.created_at)}
      </time>
      <div className={style.actions}>
        <RunActions run={run} />
      </div>
    </li>
  );
}
