import { parseAsFloat, parseAsInteger, parseAsJson, parseAsString, useQueryStates } from "nuqs";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { hooks } from "../../api/client";
import type { Problem } from "../../api/problem";
import { useTitle } from "../../app/title";
import { Empty, Loading, Trouble } from "../../components/States";
import { Answer } from "./Answer";
import { Begin } from "./Begin";
import style from "./Cypher.module.css";
import { completing } from "./completing";
import { type Asked, forget, readHistory, remember } from "./history";
import { ParameterFields } from "./ParameterFields";
import { parametersOf, read, type Written, write } from "./parameters";
import { placeOf } from "./place";
import { useAnswer } from "./useAnswer";

const Editor = lazy(() => import("./Editor"));

const object = (value: unknown) =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;

const ADDRESS = {
  q: parseAsString.withOptions({ history: "push" }),
  params: parseAsJson(object).withOptions({ history: "push" }),
  rows: parseAsInteger.withDefault(1000),
  seconds: parseAsFloat.withDefault(10),
};

export function Component() {
  useTitle("Cypher");
  const [asked, set] = useQueryStates(ADDRESS);
  const [draft, setDraft] = useState(asked.q ?? "");
  const [written, setWritten] = useState<Record<string, Written>>(() => writeAll(asked.params ?? {}));
  const [limits, setLimits] = useState({ rows: asked.rows, seconds: asked.seconds });
  const [history, setHistory] = useState(readHistory);
  const schema = hooks.useQuery("get", "/v1/schema");
  const answer = useAnswer(asked);
  const names = useMemo(() => parametersOf(draft), [draft]);
  const completion = useMemo(() => completing(schema.data, names), [schema.data, names]);

  // Back and forward bring the question that was asked.
  useEffect(() => {
    if (asked.q !== null) setDraft(asked.q);
    setWritten(writeAll(asked.params ?? {}));
  }, [asked.q, asked.params]);

  const problem = answer.error as Problem | null;
  const mistake = useMemo(
    () => (problem?.type === "/problems/invalid-query" ? placeOf(problem.where) : null),
    [problem],
  );
  const values = () => Object.fromEntries(names.map((name) => [name, read(written[name] ?? write(""))]));
  const run = () => {
    if (draft.trim() === "") return;
    let params: Record<string, unknown>;
    try {
      params = values();
    } catch {
      return; // the field says what is wrong
    }
    const given = names.length === 0 ? null : params;
    setHistory(remember({ q: draft, params }));
    const same = draft === asked.q && JSON.stringify(given) === JSON.stringify(asked.params);
    set({ q: draft, params: given, ...limits });
    if (same) answer.refetch();
  };
  const choose = ({ q, params }: Asked) => {
    setDraft(q);
    setWritten(writeAll(params));
  };
  const usable = draft.trim() !== "" && names.every((name) => isValue(written[name] ?? write("")));
  return (
    <div className="stack">
      <div>
        <h1>Cypher</h1>
        <p className="quiet">Ask the graph any question in Neo4j's query language. Queries can only read.</p>
      </div>
      <Begin choose={choose} history={history} forget={() => setHistory(forget())} />
      <Suspense fallback={<Loading what="Loading the editor" />}>
        <Editor value={draft} change={setDraft} run={run} schema={completion} mistake={mistake} />
      </Suspense>
      <p className="quiet">
        <kbd>Ctrl</kbd> <kbd>Space</kbd> completes, <kbd>Ctrl</kbd> <kbd>Enter</kbd> runs (on a Mac <kbd>Cmd</kbd>).
      </p>
      <ParameterFields
        names={names}
        written={written}
        change={(name, value) => setWritten({ ...written, [name]: value })}
      />
      <div className="row">
        <label>
          Rows at most
          <input
            type="number"
            min={1}
            className={style.limit}
            value={limits.rows}
            onChange={(event) => setLimits({ ...limits, rows: event.target.valueAsNumber || 1 })}
          />
        </label>
        <label>
          Seconds at most
          <input
            type="number"
            min={0.1}
            step="any"
            className={style.limit}
            value={limits.seconds}
            onChange={(event) => setLimits({ ...limits, seconds: event.target.valueAsNumber || 1 })}
          />
        </label>
        <button type="button" className="primary" disabled={!usable || answer.isFetching} onClick={run}>
          Run
        </button>
        {answer.isFetching && (
          <button type="button" onClick={answer.cancel}>
            Cancel
          </button>
        )}
      </div>
      <section className="stack" aria-label="Answer" aria-busy={answer.isFetching}>
        {answer.isFetching && <Loading what="Asking the graph" because={answer.failureReason as Problem | null} />}
        {!answer.isFetching && problem && <Refusal problem={problem} />}
        {!answer.isFetching && !problem && answer.data && <Answer answer={answer.data} asked={asked} />}
        {asked.q === null && <Empty title="Nothing is asked yet">Write a query, or begin with one above.</Empty>}
      </section>
    </div>
  );
}

const writeAll = (params: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name, write(value)]));

function isValue(written: Written): boolean {
  try {
    read(written);
    return true;
  } catch {
    return false;
  }
}

/** What is wrong with a query, in the server's words, which may draw the place. */
function Refusal({ problem }: { problem: Problem }) {
  if (problem.type !== "/problems/invalid-query") return <Trouble problem={problem} />;
  return (
    <div className={style.refusal} role="alert">
      <strong>{problem.where ?? "The query has a mistake"}</strong>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <pre tabIndex={0}>{problem.message}</pre>
      <p>{problem.fix}</p>
    </div>
  );
}
