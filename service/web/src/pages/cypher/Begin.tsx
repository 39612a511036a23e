import { hooks } from "../../api/client";
import { named } from "../../components/paths";
import style from "./Cypher.module.css";
import type { Asked } from "./history";

const EXAMPLES: Readonly<Record<string, string>> = {
  "Runs and their cases":
    "MATCH (r:Run)-[:HAS_CASE]->(c:Case)\nRETURN r.name AS run, c.task AS task, c.name AS case, c.instances AS sentences",
  "Sentences that the model gets most wrong":
    "MATCH (:Run {name: $run})-[:HAS_CASE]->(c:Case)<-[:OF]-(i:Instance)\nWHERE NOT i.predicted_correctly\nRETURN i.name AS sentence, c.task AS task, c.name AS case, i.qoi AS qoi, i.text AS text\nORDER BY qoi LIMIT 10",
  "A sentence's strongest edges, as a graph":
    "MATCH (:Run {name: $run})-[:HAS_CASE]->(:Case)<-[:OF]-(i:Instance)\nWITH i ORDER BY i.qoi LIMIT 1\nMATCH path = (i)-[:HAS]->(:Activation)-[f:FLOWS]->(:Activation)\nRETURN relationships(path)[1] AS flow, startNode(f) AS source, endNode(f) AS target\nORDER BY abs(f.influence) DESC LIMIT 40",
  "What a run is made of, as a graph": "MATCH path = (r:Run {name: $run})-[:USES|HAS_CASE]->()\nRETURN path",
};

/** What reports take where nothing is said; `run` is the newest. */
const USUAL: Readonly<Record<string, unknown>> = {
  task: null,
  case: null,
  level: "attention",
  method: "gpr",
  align: "position",
  limit: 20,
  top: null,
};

/** Queries to begin with: examples, the named reports', and what was asked before. */
export function Begin(props: { choose: (asked: Asked) => void; history: Asked[]; forget: () => void }) {
  const { choose, history, forget } = props;
  const reports = hooks.useQuery("get", "/v1/reports");
  const newest = hooks.useQuery("get", "/v1/runs", { params: { query: { limit: 20, text: "" } } });
  const run = newest.data?.runs.find((each) => each.instances > 0);
  const parameters = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, name === "run" ? (run?.id ?? "") : (USUAL[name] ?? null)]));
  const begin = (value: string) => {
    const [kind, name = ""] = value.split(":");
    const report = reports.data?.find((each) => each.name === name);
    const before = history[Number(name)];
    if (kind === "report" && report) choose({ q: report.cypher, params: parameters(report.parameters) });
    if (kind === "history" && before) choose(before);
    const example = EXAMPLES[name];
    if (kind === "example" && example) {
      choose({ q: example, params: example.includes("$run") ? { run: run === undefined ? "" : run.name } : {} });
    }
  };
  return (
    <div className={`row ${style.begin}`}>
      <label>
        Begin with
        <select
          value=""
          disabled={reports.isPending || newest.isPending}
          onChange={(event) => begin(event.target.value)}
        >
          <option value="" disabled>
            a query …
          </option>
          <optgroup label="Examples">
            {Object.keys(EXAMPLES).map((name) => (
              <option key={name} value={`example:${name}`}>
                {name}
              </option>
            ))}
          </optgroup>
          <optgroup label={`Reports${run === undefined ? "" : `, of ${named(run)}`}`}>
            {reports.data?.map((report) => (
              <option key={report.name} value={`report:${report.name}`}>
                {report.title}
              </option>
            ))}
          </optgroup>
        </select>
      </label>
      {history.length > 0 && (
        <>
          <label>
            Asked before
            <select value="" onChange={(event) => begin(event.target.value)}>
              <option value="" disabled>
                {history.length} in this browser …
              </option>
              {history.map((asked, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: that is its place
                <option key={index} value={`history:${index}`}>
                  {asked.q.replace(/\s+/g, " ").slice(0, 100)}
                </option>
              ))}
            </select>
          </label>
          <button type="button" onClick={forget}>
            Forget them
          </button>
        </>
      )}
    </div>
  );
}
