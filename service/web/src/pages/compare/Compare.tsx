import { parseAsString, useQueryStates } from "nuqs";
import { hooks } from "../../api/client";
import { useTitle } from "../../app/title";
import { Choices } from "../../components/reports/Choices";
import { comparisonOf, type Report, type Run, titleOf } from "../../components/reports/catalogue";
import { ReportList } from "../../components/reports/ReportList";
import layout from "../../components/reports/Reports.module.css";
import { About, ComparisonView, ReportView } from "../../components/reports/ReportView";
import { Select } from "../../components/reports/Select";
import { useChoice } from "../../components/reports/useChoice";
import { Answered, Empty } from "../../components/States";
import style from "./Compare.module.css";
import { Differing } from "./Differing";

/** Two runs: what differs between them, and a report of both beside each other. */
export function Component() {
  const [{ a, b }, choose] = useQueryStates({ a: parseAsString, b: parseAsString }, { history: "push" });
  const runs = hooks.useQuery("get", "/v1/runs", { params: { query: { limit: 1000 } } });
  useTitle("Compare", a ?? undefined, b ?? undefined);
  return (
    <div className="stack">
      <h1>Compare two runs</h1>
      <Answered query={runs} what="Reading the runs">
        {(page) => {
          const names = page.runs.map((run) => run.name);
          return (
            <section className="card stack" aria-label="The runs">
              <div className="row">
                <Select
                  label="First run"
                  none="Choose a run"
                  value={a}
                  options={names}
                  onChange={(to) => choose({ a: to })}
                />
                <Select
                  label="Second run"
                  none="Choose a run"
                  value={b}
                  options={names}
                  onChange={(to) => choose({ b: to })}
                />
                <button type="button" disabled={a === null && b === null} onClick={() => choose({ a: b, b: a })}>
                  Swap
                </button>
              </div>
              {page.next !== null && (
                <p className="quiet">These are the newest {page.runs.length} runs; name others in the address.</p>
              )}
            </section>
          );
        }}
      </Answered>
      {a === null || b === null ? (
        <Empty title="Choose two runs">
          Their models, settings and sentences are compared, and any report of both is shown beside each other.
        </Empty>
      ) : (
        <Both a={a} b={b} />
      )}
    </div>
  );
}

function Both({ a, b }: { a: string; b: string }) {
  const first = hooks.useQuery("get", "/v1/runs/{run}", { params: { path: { run: a } } });
  const second = hooks.useQuery("get", "/v1/runs/{run}", { params: { path: { run: b } } });
  const reports = hooks.useQuery("get", "/v1/reports");
  return (
    <Answered query={first} what={`Reading the run ${a}`}>
      {(one) => (
        <Answered query={second} what={`Reading the run ${b}`}>
          {(other) => (
            <Answered query={reports} what="Reading the list of reports">
              {(list) => <Sides first={one as Run} second={other as Run} reports={list} />}
            </Answered>
          )}
        </Answered>
      )}
    </Answered>
  );
}

function Sides({ first, second, reports }: { first: Run; second: Run; reports: Report[] }) {
  const { state, change, choice } = useChoice();
  const report = reports.find((each) => each.name === state.report);
  const onShow = (shown: string | null) => change({ shown });
  return (
    <>
      <Differing first={first} second={second} />
      <section className="card" aria-label="What reports are about">
        <Choices run={first} report={report} choice={choice} onChange={change} />
      </section>
      <div className={layout.page}>
        <ReportList reports={reports} chosen={state.report} />
        {report === undefined ? (
          <Empty title={`There is no report “${state.report}”`}>Choose one of the list.</Empty>
        ) : (
          <div className="stack">
            <div className="card">
              <About report={report} />
            </div>
            <div className={style.sides}>
              {[first, second].map((run, at) => (
                <article key={at === 0 ? "first" : "second"} className="card stack" aria-label={run.name}>
                  <h3>{run.name}</h3>
                  <ReportView run={run.name} report={report} choice={choice} shown={state.shown} onShow={onShow} />
                </article>
              ))}
            </div>
            <article className="card stack" aria-label="Difference">
              <h2>
                {titleOf(report)}: {first.name} − {second.name}
              </h2>
              <ComparisonView
                run={first.name}
                report={report}
                query={comparisonOf(report, choice, { run: second.name, case: null })}
                shown={state.shown}
                onShow={onShow}
              />
            </article>
          </div>
        )}
      </div>
    </>
  );
}
