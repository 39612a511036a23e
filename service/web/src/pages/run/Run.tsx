import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link, useLocation, useNavigate, useParams } from "react-router";
import { hooks } from "../../api/client";
import type { components } from "../../api/schema";
import { ENDED, useProgress } from "../../api/useProgress";
import { useTitle } from "../../app/title";
import { Bar } from "../../components/Bar";
import { Downloads } from "../../components/Downloads";
import { named, path } from "../../components/paths";
import { RunActions } from "../../components/RunActions";
import { curl, Source } from "../../components/Source";
import { Answered, Notice, Trouble } from "../../components/States";
import { Status } from "../../components/Status";
import { Cases } from "./Cases";
import { Facts } from "./Facts";
import { Failures, Logs } from "./Failures";
import { LeftOut } from "./LeftOut";
import { Sentences } from "./Sentences";
import { Worth } from "./Worth";

type Details = components["schemas"]["RunDetails"];

const AGAIN = 5000;
const RESULTS = { JSONL: ["application/jsonl", "jsonl"] } as const;
const TABLES = { "Parquet in a ZIP file": ["application/zip", "zip"] } as const;
const NETWORK = {
  GraphML: ["application/graphml+xml", "graphml"],
  "node-link JSON": ["application/json", "json"],
} as const;

export function Component() {
  const { run: wanted = "" } = useParams();
  const run = hooks.useQuery(
    "get",
    "/v1/runs/{run}",
    { params: { path: { run: wanted } } },
    { refetchInterval: ({ state }) => (state.data && !ENDED.includes(state.data.status) ? AGAIN : 6 * AGAIN) },
  );
  useTitle(run.data?.name ?? wanted, "Runs");
  return (
    <div className="stack">
      {run.data === undefined && <Heading name={wanted} />}
      <Answered query={run} what="Reading the run">
        {(details) => <Shown key={details.id} run={details as Details} />}
      </Answered>
    </div>
  );
}

function Shown({ run }: { run: Details }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const submitted = useLocation().state as components["schemas"]["Submitted"] | null;
  const isJob = run.sentences !== null;
  const runs = isJob && !ENDED.includes(run.status);
  const [progress, problem] = useProgress(run.id, runs, () => queries.invalidateQueries());
  const status = (runs && progress?.status) || run.status;
  const name = named(run);
  return (
    <div className="stack">
      <div className="row spread middle">
        <Heading name={run.name}>
          <Status of={status} />
        </Heading>
        <RunActions run={{ ...run, status }} deleted={() => navigate("/runs", { replace: true })} />
      </div>
      {submitted?.run === run.id && <LeftOut submitted={submitted} />}
      {run.error !== null && <Notice>{run.error}</Notice>}
      {runs && (progress || problem) && (
        <section className="card stack" aria-label="Progress">
          {progress && <Bar name={run.name} progress={progress} />}
          {progress && <Workers progress={progress} />}
          {problem && <Trouble problem={problem} />}
        </section>
      )}
      {isJob && <Failures run={run.id} failed={progress?.failed.sentences ?? null} ended={!runs} />}
      {run.instances === 0 ? (
        <p className="quiet">It has no results yet. They show here as they are stored.</p>
      ) : (
        <>
          <Worth run={run} name={name} />
          <Cases run={name} cases={run.cases} />
          <Sentences run={name} cases={run.cases} />
        </>
      )}
      <Facts run={run} />
      {run.instances > 0 && (
        <section className="card stack">
          <h2>Files</h2>
          {!ENDED.includes(status) || run.status === "partial" ? (
            <Notice>Sentences are missing in these files: the run is {status}.</Notice>
          ) : null}
          <Downloads of="results" name={name} path={path("/v1/runs", [name, "results"])} formats={RESULTS} />
          <Downloads of="tables" name={name} path={path("/v1/runs", [name, "tables"])} formats={TABLES} />
          <Downloads of="network" name={name} path={path("/v1/runs", [name, "network"])} formats={NETWORK} />
        </section>
      )}
      {isJob && <Logs run={run.id} />}
      <Source language="HTTP" of={curl(path("/v1/runs", [name]))} />
    </div>
  );
}

function Heading({ name, children }: { name: string; children?: ReactNode }) {
  return (
    <div>
      <p className="quiet">
        <Link to="/runs">Runs</Link>
      </p>
      <h1>{name}</h1>
      {children}
    </div>
  );
}

function Workers({ progress }: { progress: components["schemas"]["Progress"] }) {
  if (progress.workers.length > 0) {
    return (
      <p className="quiet">
        Computed by {progress.workers.join(", ")}
        {progress.devices.length > 0 && ` on ${progress.devices.join(", ")}`}.
      </p>
    );
  }
  return <p className="quiet">No worker computes it now. It goes on as soon as one that may is free.</p>;
}
