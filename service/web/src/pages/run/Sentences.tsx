import { parseAsString, useQueryStates } from "nuqs";
import { Link } from "react-router";
import { hooks } from "../../api/client";
import type { components } from "../../api/schema";
import { DataTable, type Field } from "../../components/DataTable";
import { path } from "../../components/paths";
import { curl, Source } from "../../components/Source";
import { Answered } from "../../components/States";
import { masked, percent } from "../../components/units";

const PAGE = 100;

const FIELDS: Field[] = [
  { name: "sentence", type: "string" },
  { name: "text", type: "string" },
  { name: "task", type: "string" },
  { name: "case", type: "string" },
  { name: "correct", type: "string" },
  { name: "wrong", type: "string" },
  { name: "right", type: "string" },
  { name: "qoi", type: "number" },
  { name: "completeness_error", type: "number" },
];
const DEFINITIONS = {
  sentence: "Its id. A click leads to its page.",
  right: "Is the quantity of interest above 0?",
  qoi: "Quantity of interest, in logits: logit(correct) − logit(wrong). The model is right if it is positive.",
  correct: "What speaks for the right answer.",
  wrong: "What it is compared with.",
  text: "The sentence as it was analysed.",
};

const ADDRESS = {
  task: parseAsString.withOptions({ history: "push" }),
  case: parseAsString.withOptions({ history: "push" }),
  cursor: parseAsString.withOptions({ history: "push" }),
};

/** The sentences of a run that have results, some at a time; each leads to its page. */
export function Sentences({ run, cases }: { run: string; cases: components["schemas"]["Case"][] }) {
  const [{ task, case: name, cursor }, set] = useQueryStates(ADDRESS);
  const asked = {
    limit: PAGE,
    ...(task !== null && { task }),
    ...(name !== null && { case: name }),
    ...(cursor && { cursor }),
  };
  const query = hooks.useQuery(
    "get",
    "/v1/runs/{run}/sentences",
    { params: { path: { run }, query: asked } },
    { placeholderData: (before) => before },
  );
  const tasks = [...new Set(cases.map((each) => each.task))];
  const names = [...new Set(cases.filter((each) => task === null || each.task === task).map((each) => each.name))];
  return (
    <section className="card stack">
      <h2>Sentences</h2>
      <div className="row">
        <Choice label="Task" of={tasks} value={task} choose={(task) => set({ task, case: null, cursor: null })} />
        <Choice label="Case" of={names} value={name} choose={(name) => set({ case: name, cursor: null })} />
      </div>
      <Answered query={query} what="Reading the sentences">
        {(page) => (
          <>
            <DataTable
              caption="Sentences of the run"
              definitions={DEFINITIONS}
              table={{
                fields: FIELDS,
                values: page.sentences.map((each) => [
                  each.id,
                  masked(each.text),
                  each.task,
                  each.case,
                  each.correct,
                  each.wrong,
                  each.positive ? "yes" : "no",
                  each.qoi,
                  each.completeness_error,
                ]),
              }}
              cell={(value, field) => {
                if (field.name === "sentence") {
                  const id = String(value);
                  return <Link to={path("/runs", [run, "sentence"], { id })}>{id}</Link>;
                }
                if (field.name === "completeness_error" && typeof value === "number") return percent(value);
                return undefined;
              }}
            />
            {(cursor || page.next) && (
              <nav className="row middle" aria-label="More sentences">
                {cursor && (
                  <button type="button" onClick={() => set({ cursor: null })}>
                    First
                  </button>
                )}
                {page.next && (
                  <button type="button" onClick={() => set({ cursor: page.next })}>
                    Next
                  </button>
                )}
              </nav>
            )}
          </>
        )}
      </Answered>
      <Source language="HTTP" of={curl(path("/v1/runs", [run, "sentences"], asked))} />
    </section>
  );
}

function Choice(props: { label: string; of: string[]; value: string | null; choose: (value: string | null) => void }) {
  const { label, of, value, choose } = props;
  return (
    <label>
      {label}
      <select value={value === null ? "*" : `=${value}`} onChange={(event) => choose(chosen(event.target.value))}>
        <option value="*">All</option>
        {of.map((each) => (
          <option key={each} value={`=${each}`}>
            {each || "none"}
          </option>
        ))}
      </select>
    </label>
  );
}

const chosen = (value: string) => (value === "*" ? null : value.slice(1));
