import { Link } from "react-router";
import { hooks } from "../../api/client";
import { number } from "../../components/DataTable";
import { Downloads } from "../../components/Downloads";
import { path } from "../../components/paths";
import { curl, Source } from "../../components/Source";
import { Answered, Empty } from "../../components/States";
import { Term } from "../../components/Term";
import { counted, masked } from "../../components/units";
import style from "./Aggregate.module.css";
import type { Sign, StepName } from "./steps";
import type { View } from "./useView";

const PAGE = 50;
const PATH = "/v1/runs/{run}/aggregates/sentences";

/** The sentences whose patterns take a step, with what flows through these patterns. */
export function Behind(props: {
  run: string;
  task: string;
  name: string;
  step: StepName;
  view: View;
  sign: Sign | null;
}) {
  const { run, task, name, step, view, sign } = props;
  const [layer, source, target, component] = step;
  const query = {
    task,
    case: name,
    layer,
    source: String(source),
    target: String(target),
    level: view.level,
    align: view.align,
    ...(component === null ? {} : { component }),
    ...(sign === null ? {} : { sign }),
    limit: PAGE,
  };
  const found = hooks.useInfiniteQuery(
    "get",
    PATH,
    { params: { path: { run }, query } },
    { pageParamName: "cursor", initialPageParam: null, getNextPageParam: (page) => page.next ?? undefined },
  );
  const address = path("/v1/runs", [run, "aggregates", "sentences"], query);
  return (
    <section className="stack" aria-label={`Sentences of ${run} ${name}`}>
      <h3>
        {run} {task} {name}
      </h3>
      <Answered query={found} what="Reading the sentences behind the step">
        {({ pages }) => {
          const sentences = pages.flatMap((page) => page.sentences);
          const count = pages[0]?.count ?? 0;
          if (count === 0) return <Empty title="No sentence has a pattern that takes this step" />;
          return (
            <>
              <p className="quiet">
                {counted(count, "sentence")}
                {sentences.length < count && `, the first ${sentences.length} of them below`}, in the order of the
                input.
              </p>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
              <section className={style.sentences} tabIndex={0} aria-label="Sentences behind the step">
                <table>
                  <thead>
                    <tr>
                      <th scope="col">Sentence</th>
                      <th scope="col">
                        <Term name="answer">Answer</Term>
                      </th>
                      <th scope="col" className="number">
                        <Term name="influence">Influence</Term>
                      </th>
                      <th scope="col" className="number">
                        <Term name="pattern">Patterns</Term>
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {sentences.map((each) => (
                      <tr key={each.id}>
                        <td>
                          <Link to={path("/runs", [run, "sentence"], { id: each.id })}>{masked(each.text)}</Link>
                        </td>
                        <td>
                          {each.correct}
                          {each.wrong !== "" && <span className="quiet"> / {each.wrong}</span>}
                          {!each.positive && <span className={style.wrong}> wrong</span>}
                        </td>
                        <td className="number">{number(each.influence)}</td>
                        <td className="number">{each.patterns}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </section>
              {found.hasNextPage && (
                <button
                  type="button"
                  className={style.more}
                  disabled={found.isFetchingNextPage}
                  onClick={() => found.fetchNextPage()}
                >
                  {found.isFetchingNextPage ? "Reading more …" : "Show more sentences"}
                </button>
              )}
              <Downloads
                of="these sentences"
                name={`step-${run}-${name}`}
                path={path("/v1/runs", [run, "aggregates", "sentences"], { ...query, limit: 1000 })}
                formats={{ JSON: ["application/json", "json"] }}
              />
              {count > 1000 && (
                <p className="quiet">A download has the first 1,000; follow its “next” for the others.</p>
              )}
              <Source of={curl(address)} language="HTTP" />
            </>
          );
        }}
      </Answered>
    </section>
  );
}
