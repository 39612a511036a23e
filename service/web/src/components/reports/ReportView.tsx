import { hooks } from "../../api/client";
import type { components } from "../../api/schema";
import { path } from "../paths";
import { curl, Source } from "../Source";
import { Answered, Empty, Notice } from "../States";
import { capital } from "../units";
import { Answer } from "./Answer";
import { type Choice, cypherOf, parametersOf, type Report, titleOf } from "./catalogue";
import { drawingsOf } from "./charts";
import { drawComparison } from "./comparing";
import { rowsOf } from "./rows";
import { Worth } from "./Worth";

type Told = components["schemas"]["Answer"];

/** A report over a run: its chart, its table, and where they come from. */
export function ReportView(props: {
  run: string;
  report: Report;
  choice: Choice;
  shown: string | null;
  onShow: (name: string | null) => void;
}) {
  const { run, report, choice, shown, onShow } = props;
  const { rows, ...all } = parametersOf(report, choice);
  const query = { ...all, rows: Number(rows) };
  const answer = hooks.useQuery("get", "/v1/runs/{run}/reports/{name}", {
    params: { path: { run, name: report.name }, query },
  });
  // A correlation is a single number: what is drawn are the cases that it is of.
  const isCorrelation = report.name === "entropy-correlation";
  const cases = hooks.useQuery(
    "get",
    "/v1/runs/{run}/reports/{name}",
    { params: { path: { run, name: "pattern-entropy" }, query } },
    { enabled: isCorrelation },
  );
  const base = path("/v1/runs", [run, "reports", report.name]);
  return (
    <Answered query={answer as { data: Told | undefined } & typeof answer} what={`Reading ${report.title}`}>
      {(told) => {
        const drawn = isCorrelation ? (cases.data as Told | undefined) : told;
        const drawings =
          drawn === undefined ? [] : drawingsOf(isCorrelation ? "pattern-entropy" : report.name, rowsOf(drawn));
        return (
          <>
            <Worth run={told.details} inexact={told.inexact} />
            {told.notices.map((notice) => (
              <Notice key={notice}>{notice}</Notice>
            ))}
            {told.values.length === 0 ? (
              <Empty title="There is nothing to report">
                The sentences that were chosen have nothing that this report counts. Choose others above.
              </Empty>
            ) : (
              <Answer
                table={told}
                drawn={drawn}
                drawings={drawings}
                title={told.title}
                name={`${report.name}-${told.details.name}`}
                path={path(base, [], all)}
                definitions={report.columns}
                shown={shown}
                onShow={onShow}
              />
            )}
            <Source of={curl(path(base, [], query))} language="HTTP" />
            {report.resampled && (
              <p className="quiet">
                The query answers what each sentence has; the rows are of resamples of these sentences, which the
                service draws.
              </p>
            )}
            <Source of={cypherOf(report, told.run, choice)} language="Cypher" />
          </>
        );
      }}
    </Answered>
  );
}

const COMPARED: Readonly<Record<string, string>> = {
  measure: "The column of the report that is compared.",
  first: "The measure of the first side.",
  second: "The measure of the second side.",
  difference: "First minus second.",
  low: "95 % of the differences lie above when sentences are drawn again with replacement, 2,000 times.",
  high: "95 % of the differences lie below when sentences are drawn again with replacement, 2,000 times.",
};

/** Two sides of a report: their difference with its interval, and both beside each other. */
export function ComparisonView(props: {
  run: string;
  report: Report;
  query: Record<string, string | number>;
  shown: string | null;
  onShow: (name: string | null) => void;
}) {
  const { run, report, query, shown, onShow } = props;
  const { rows: _, ...all } = query;
  const answer = hooks.useQuery("get", "/v1/runs/{run}/comparisons/{name}", {
    params: { path: { run, name: report.name }, query },
  });
  const base = path("/v1/runs", [run, "comparisons", report.name]);
  return (
    <Answered
      query={answer as { data: components["schemas"]["Compared"] | undefined } & typeof answer}
      what="Drawing sentences again, 2,000 times"
    >
      {(told) => {
        const [first, second] = told.details as [(typeof told.details)[0], (typeof told.details)[0]];
        return (
          <>
            <p className="quiet">
              Differences are first minus second; an interval holds 95 % of them when sentences are drawn again. One in
              twenty misses by chance.
            </p>
            <Worth run={first} inexact={told.inexact[0] as Told["inexact"]} />
            {second.id !== first.id && <Worth run={second} inexact={told.inexact[1] as Told["inexact"]} />}
            {told.notices.map((notice) => (
              <Notice key={notice}>{notice}</Notice>
            ))}
            {told.values.length === 0 ? (
              <Empty title="There is nothing to compare" />
            ) : (
              <Answer
                table={told}
                drawings={drawComparison(report.name, rowsOf(told))}
                title={told.title}
                name={`${report.name}-difference`}
                path={path(base, [], all)}
                definitions={{ ...report.columns, ...COMPARED }}
                shown={shown}
                onShow={onShow}
              />
            )}
            <Source of={curl(path(base, [], query))} language="HTTP" />
          </>
        );
      }}
    </Answered>
  );
}

/** A report's title, what it answers, and what else there is to know of it. */
export function About({ report }: { report: Report }) {
  return (
    <header>
      <h2>{titleOf(report)}</h2>
      <p>{capital(report.summary)}</p>
      {report.description !== "" && <p className="quiet">{report.description}</p>}
    </header>
  );
}
