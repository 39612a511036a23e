import { parseAsInteger, parseAsString, useQueryStates } from "nuqs";
import { useState } from "react";
import { hooks } from "../../api/client";
import { Answered, Notice } from "../../components/States";
import { bytes, count, counted } from "../../components/units";
import type { Row } from "./request";
import style from "./Submit.module.css";

/** Sentences typed into a small table. */
export function Typed(props: { rows: Row[]; change: (rows: Row[]) => void; labels: string[] | null }) {
  const { rows, change, labels } = props;
  const set = (index: number, changed: Partial<Row>) =>
    change(rows.map((row, each) => (each === index ? { ...row, ...changed } : row)));
  return (
    <div className="stack">
      <p className="quiet">
        {labels === null
          ? "Put ***mask***, or the model’s own mask token such as [MASK], in place of the word to predict; correct is the right word there, wrong the one it is compared with."
          : "The label is the right class; what speaks for it is compared with the best other one."}
      </p>
      <div className={style.rows}>
        {rows.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no names
          <fieldset key={index} className={labels === null ? style.row : style.classes}>
            <legend className="hidden">Row {index + 1}</legend>
            <label>
              Text
              <input
                value={row.text}
                placeholder="the farmer near the trees [MASK] old ."
                onChange={(event) => set(index, { text: event.target.value })}
              />
            </label>
            {labels === null ? (
              <>
                <label>
                  Correct
                  <input
                    value={row.correct}
                    placeholder="is"
                    onChange={(e) => set(index, { correct: e.target.value })}
                  />
                </label>
                <label>
                  Wrong
                  <input value={row.wrong} placeholder="are" onChange={(e) => set(index, { wrong: e.target.value })} />
                </label>
              </>
            ) : (
              <label>
                Label
                <select value={row.correct} onChange={(event) => set(index, { correct: event.target.value })}>
                  <option value="" />
                  {labels.map((label) => (
                    <option key={label}>{label}</option>
                  ))}
                </select>
              </label>
            )}
            <button
              type="button"
              disabled={rows.length === 1}
              aria-label={`Remove row ${index + 1}`}
              onClick={() => change(rows.filter((_, each) => each !== index))}
            >
              Remove
            </button>
          </fieldset>
        ))}
      </div>
      <div>
        <button type="button" onClick={() => change([...rows, { text: "", correct: "", wrong: "" }])}>
          Add a row
        </button>
      </div>
    </div>
  );
}

const FIELDS = "text, correct, wrong; for a classifier label; and id, task, case, roles, spans, counterfactual";

/** Sentences pasted as JSON lines. */
export function Pasted({ text, change }: { text: string; change: (text: string) => void }) {
  return (
    <label className={style.whole}>
      One JSON object a line, with the fields of an input file ({FIELDS})
      <textarea
        rows={10}
        className="mono"
        spellCheck={false}
        value={text}
        placeholder={'{"text": "the farmer near the trees ***mask*** old .", "correct": "is", "wrong": "are"}'}
        onChange={(event) => change(event.target.value)}
      />
    </label>
  );
}

const TASK = {
  task: parseAsString.withOptions({ history: "push" }),
  case: parseAsString,
  count: parseAsInteger.withDefault(100),
  seed: parseAsInteger.withDefault(0),
};

/** What sentences of a task are asked for. */
export const useTask = () => useQueryStates(TASK);

/** Sentences that a task generates. */
export function Generated() {
  const [{ task, case: name, count: wanted, seed }, set] = useTask();
  const query = hooks.useQuery("get", "/v1/tasks");
  return (
    <Answered query={query} what="Reading the tasks">
      {(tasks) => {
        const chosen = tasks.find((each) => each.name === task) ?? tasks[0];
        if (chosen === undefined) return null;
        const cases = Object.entries(chosen.cases).filter(([each]) => name === null || each === name);
        const total = cases.reduce((sum, [, most]) => sum + Math.min(most, wanted), 0);
        return (
          <div className="stack">
            <div className="row">
              <label>
                Task
                <select value={chosen.name} onChange={(event) => set({ task: event.target.value, case: null })}>
                  {tasks.map((each) => (
                    <option key={each.name} value={each.name}>
                      {each.name}: {each.title}
                    </option>
                  ))}
                </select>
              </label>
              <label>
                Case
                <select value={name ?? ""} onChange={(event) => set({ case: event.target.value || null })}>
                  <option value="">All</option>
                  {Object.keys(chosen.cases).map((each) => (
                    <option key={each}>{each}</option>
                  ))}
                </select>
              </label>
              <label>
                Sentences per case
                <input
                  type="number"
                  min={1}
                  max={20000}
                  required
                  value={wanted}
                  onChange={(event) => set({ count: Math.max(1, event.target.valueAsNumber || 1) })}
                />
              </label>
              <label>
                Seed
                <input
                  type="number"
                  min={0}
                  required
                  value={seed}
                  onChange={(event) => set({ seed: Math.max(0, event.target.valueAsNumber || 0) })}
                />
              </label>
            </div>
            <p className="quiet">
              For example: <em>{chosen.example}</em>
            </p>
            <p>{counted(total, "sentence")}.</p>
            {cases.some(([, most]) => most < wanted) && (
              <Notice>
                Some cases have fewer distinct sentences:{" "}
                {cases.map(([each, most]) => `${each} ${count(most)}`).join(", ")}.
              </Notice>
            )}
          </div>
        );
      }}
    </Answered>
  );
}

const ENDINGS = ".csv,.tsv,.txt,.json,.jsonl,.gz,.raw,.tab";

/** A file of sentences, chosen or dropped. */
export function Dropped({ file, change }: { file: File | null; change: (file: File | null) => void }) {
  const [over, setOver] = useState(false);
  return (
    <label
      className={`${style.drop} ${over ? style.over : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        change(event.dataTransfer.files[0] ?? null);
      }}
    >
      <span>
        Drop a file here, or choose one: CSV, TSV, JSON lines, or a public data set as it is published; plain or .gz
      </span>
      <input
        type="file"
        aria-label="File of sentences"
        accept={ENDINGS}
        onChange={(event) => change(event.target.files?.[0] ?? null)}
      />
      {file && (
        <strong>
          {file.name}, {bytes(file.size)}
        </strong>
      )}
    </label>
  );
}
