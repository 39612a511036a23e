import { useState } from "react";
import { hooks } from "../../api/client";
import { DataTable } from "../../components/DataTable";
import { path } from "../../components/paths";
import { curl, Source } from "../../components/Source";
import { Answered } from "../../components/States";
import { counted } from "../../components/units";

/** The sentences of a job that cannot be computed, with reasons; nothing where there are none. */
export function Failures(props: { run: string; failed: number | null; ended: boolean }) {
  const { run, failed, ended } = props;
  const params = { path: { run } };
  const wanted = ended || (failed ?? 0) > 0;
  const query = hooks.useQuery(
    "get",
    "/v1/jobs/{run}/failures",
    { params },
    { enabled: wanted, refetchInterval: ended ? false : 5000 },
  );
  if (!wanted || query.data?.length === 0) return null;
  return (
    <Answered query={query} what="Reading what failed">
      {(failures) => (
        <section className="card stack">
          <h2>{counted(failures.length, "sentence")} failed</h2>
          <p className="quiet">Resume the run to try them again, once the reason is gone.</p>
          <DataTable
            caption="Sentences that failed"
            table={{
              fields: [
                { name: "sentence", type: "string" },
                { name: "reason", type: "string" },
              ],
              values: failures.map((each) => [each.name, each.error]),
            }}
          />
          <Source language="HTTP" of={curl(path("/v1/jobs", [run, "failures"]))} />
        </section>
      )}
    </Answered>
  );
}

/** What workers of the service's machine wrote about a job; read when it is opened. */
export function Logs({ run }: { run: string }) {
  const [open, setOpen] = useState(false);
  const query = hooks.useQuery("get", "/v1/jobs/{run}/logs", { params: { path: { run } } }, { enabled: open });
  return (
    <details className="card" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Logs of the workers on the service’s machine</summary>
      {open && (
        <Answered query={query} what="Reading the log">
          {(logs) =>
            logs.entries.length === 0 ? (
              <p className="quiet">Nothing. Workers on other machines keep their own logs.</p>
            ) : (
              // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
              <pre className="scroll" tabIndex={0}>
                {logs.entries.map((entry) => `${JSON.stringify(entry)}\n`)}
              </pre>
            )
          }
        </Answered>
      )}
    </details>
  );
}
