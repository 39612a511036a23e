import { Link, useParams } from "react-router";
import { hooks } from "../../api/client";
import { useTitle } from "../../app/title";
import { path } from "../../components/paths";
import { Choices, casesOf } from "../../components/reports/Choices";
import { comparisonOf, type Run, titleOf } from "../../components/reports/catalogue";
import { ReportList } from "../../components/reports/ReportList";
import style from "../../components/reports/Reports.module.css";
import { About, ComparisonView, ReportView } from "../../components/reports/ReportView";
import { Select } from "../../components/reports/Select";
import { useChoice } from "../../components/reports/useChoice";
import { Answered, Empty } from "../../components/States";
import { Term } from "../../components/Term";

/** All reports over a run; what they are about is chosen once. */
export function Component() {
  const { run: name = "" } = useParams();
  const { state, change, choice } = useChoice();
  const reports = hooks.useQuery("get", "/v1/reports");
  const run = hooks.useQuery("get", "/v1/runs/{run}", { params: { path: { run: name } } });
  const runs = hooks.useQuery("get", "/v1/runs", { params: { query: { limit: 1000 } } });
  const report = reports.data?.find((each) => each.name === state.report);
  useTitle(report && titleOf(report), "Reports", name);
  const compares = state.against !== null || state.against_run !== null;
  const against = { run: state.against_run, case: state.against };
  return (
    <div className="stack">
      <div>
        <p className="quiet">
          <Link to={path("/runs", [name])}>{name}</Link>
        </p>
        <h1>Reports</h1>
      </div>
      <Answered query={run} what="Reading the run">
        {(details) => (
          <Answered query={reports} what="Reading the list of reports">
            {(list) => (
              <>
                <section className="card stack" aria-label="What reports are about">
                  <Choices run={details as Run} report={report} choice={choice} onChange={change} />
                  <div className={style.choices}>
                    <Select
                      label="Compare with case"
                      none={state.case === null ? "Choose a case first" : "No other case"}
                      disabled={state.case === null && state.against === null}
                      value={state.against}
                      options={casesOf(details as Run, state.task).filter((each) => each !== state.case)}
                      onChange={(to) => change({ against: to, shown: null })}
                    />
                    <Select
                      label="Compare with run"
                      none="No other run"
                      value={state.against_run}
                      options={(runs.data?.runs ?? []).flatMap((each) => (each.id === details.id ? [] : [each.name]))}
                      onChange={(to) => change({ against_run: to, shown: null })}
                    />
                    {state.against_run !== null && (
                      <Link
                        className="button"
                        to={path("/compare", [], {
                          a: name,
                          b: state.against_run,
                          report: state.report,
                          task: state.task,
                          case: state.case,
                        })}
                      >
                        Both runs beside each other
                      </Link>
                    )}
                  </div>
                </section>
                <div className={style.page}>
                  <ReportList reports={list} chosen={state.report} />
                  <article className="card stack">
                    {report === undefined ? (
                      <Empty title={`There is no report “${state.report}”`}>Choose one of the list.</Empty>
                    ) : (
                      <>
                        <About report={report} />
                        {compares ? (
                          <>
                            <h3>
                              <Term name="comparison">Compared</Term>: {side(name, state.case)} −{" "}
                              {side(state.against_run ?? name, state.against ?? state.case)}
                            </h3>
                            <ComparisonView
                              run={name}
                              report={report}
                              query={comparisonOf(report, choice, against)}
                              shown={state.shown}
                              onShow={(shown) => change({ shown })}
                            />
                          </>
                        ) : (
                          <ReportView
                            run={name}
                            report={report}
                            choice={choice}
                            shown={state.shown}
                            onShow={(shown) => change({ shown })}
                          />
                        )}
                      </>
                    )}
                  </article>
                </div>
              </>
            )}
          </Answered>
        )}
      </Answered>
    </div>
  );
}

const side = (run: string, name: string | null) => (name === null ? run : `${run} ${name}`);
