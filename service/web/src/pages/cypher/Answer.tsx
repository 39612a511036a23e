import { parseAsStringLiteral, useQueryState } from "nuqs";
import { useMemo } from "react";
import { DataTable } from "../../components/DataTable";
import { Downloads } from "../../components/Downloads";
import { TABLES } from "../../components/downloads";
import { Source } from "../../components/Source";
import { Notice } from "../../components/States";
import style from "./Cypher.module.css";
import { Graph } from "./Graph";
import { bodyOf, type Question } from "./useAnswer";
import { type Exact, graphOf, tableOf } from "./values";

const VIEWS = ["table", "graph"] as const;

/** Rows as a table, and as a graph where there is one in them. */
export function Answer({ answer, asked }: { answer: Exact; asked: Question }) {
  const [view, setView] = useQueryState("view", parseAsStringLiteral(VIEWS).withDefault("table"));
  const table = useMemo(() => tableOf(answer), [answer]);
  const graph = useMemo(() => graphOf(answer.values), [answer]);
  const drawn = graph.nodes.length > 0;
  const body = bodyOf(asked);
  return (
    <>
      {answer.notices.map((notice) => (
        <Notice key={notice}>{notice}</Notice>
      ))}
      {answer.cut && <Notice>There are more rows. Ask for more, or let the query return fewer.</Notice>}
      {drawn && (
        // biome-ignore lint/a11y/useSemanticElements: buttons that switch what is seen are no form
        <div role="group" aria-label="Show as" className={`row middle ${style.views}`}>
          {VIEWS.map((each) => (
            <button key={each} type="button" aria-pressed={view === each} onClick={() => setView(each)}>
              {each === "table" ? "Table" : "Graph"}
            </button>
          ))}
        </div>
      )}
      {drawn && view === "graph" ? (
        <Graph nodes={graph.nodes} edges={graph.edges} />
      ) : (
        <DataTable table={{ ...table, cut: false }} caption="Rows of the answer" />
      )}
      <Downloads
        of="the answer"
        name="answer"
        path="/v1/queries"
        formats={TABLES}
        init={{ method: "POST", headers: { "Content-Type": "application/json" }, body }}
      />
      <Source
        language="HTTP"
        of={`curl '${location.origin}/v1/queries' -H 'Content-Type: application/json' -d '${body.replaceAll("'", "'\\''")}'`}
      />
    </>
  );
}
