import { parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { Link, useNavigate } from "react-router";
import { hooks } from "../../api/client";
import { Problem } from "../../api/problem";
import { useTitle } from "../../app/title";
import { path } from "../../components/paths";
import { Answered, Trouble } from "../../components/States";
import { Control } from "./Control";
import { DEFAULTS, formKey, partOf, type Row, type Settings, unusable } from "./request";
import { SettingsFields } from "./SettingsFields";
import { Dropped, Generated, Pasted, Typed, useTask } from "./Sources";
import style from "./Submit.module.css";
import { type Filled, send } from "./send";

const SOURCES = { typed: "Typed", pasted: "Pasted", task: "Generated from a task", file: "A file" } as const;

const ADDRESS = {
  from: parseAsStringLiteral(Object.keys(SOURCES) as (keyof typeof SOURCES)[])
    .withDefault("typed")
    .withOptions({ history: "push" }),
  model: parseAsString.withDefault("bundled"),
};

export function Component() {
  useTitle("New job", "Runs");
  const models = hooks.useQuery("get", "/v1/models");
  return (
    <div className="stack">
      <div>
        <p className="quiet">
          <Link to="/runs">Runs</Link>
        </p>
        <h1>New job</h1>
        <p className="quiet">
          Sentences go to the workers. Everything is checked first, and nothing is queued if something is wrong.
        </p>
      </div>
      <Answered query={models} what="Reading the models">
        {({ models }) => <Form models={models} />}
      </Answered>
    </div>
  );
}

function Form({ models }: { models: string[] }) {
  const [{ from, model }, set] = useQueryStates(ADDRESS);
  const [task] = useTask();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [rows, setRows] = useState<Row[]>([{ text: "", correct: "", wrong: "" }]);
  const [pasted, setPasted] = useState("");
  const [file, setFile] = useState<File | null>(null);
  const [settings, setSettings] = useState<Settings>(DEFAULTS);
  const [skipBad, setSkipBad] = useState(false);
  const [key] = useState(formKey);
  const [sent, setSent] = useState<number | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const sending = useRef<AbortController | null>(null);
  const described = hooks.useQuery("get", "/v1/models/{name}", { params: { path: { name: model } } });
  const labels = described.data?.labels ?? null;
  useEffect(() => () => sending.current?.abort(), []);
  useEffect(() => {
    if (problem !== null) form.current?.querySelector<HTMLElement>("[aria-invalid=true], [role=alert]")?.focus();
  }, [problem]);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (sending.current !== null) return;
    const filled: Filled = {
      from,
      name,
      model,
      rows,
      pasted,
      file,
      settings,
      skipBad,
      key,
      task,
      classes: labels !== null,
    };
    sending.current = new AbortController();
    setProblem(null);
    setSent(0);
    try {
      const submitted = await send(filled, setSent, sending.current.signal);
      navigate(path("/runs", [submitted.run]), { state: submitted });
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      setProblem(error instanceof Problem ? error : unusable(String(error)));
    } finally {
      sending.current = null;
      setSent(null);
    }
  };
  const part = problem === null ? null : partOf(problem);
  const folded = part === null || !(part in DEFAULTS);
  return (
    <form ref={form} className="stack" onSubmit={submit}>
      <section className={`card ${style.fields}`}>
        <Control name="name" label="Name" problem={problem} hint="If empty, the service chooses one.">
          {(given) => (
            <input {...given} value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
          )}
        </Control>
        <Control name="model" label="Model" problem={problem} hint={described.data && about(described.data)}>
          {(given) => (
            <select {...given} value={model} onChange={(event) => set({ model: event.target.value })}>
              {[...new Set([...models, model])].map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
          )}
        </Control>
      </section>
      <section className="card stack">
        <fieldset className="row middle">
          <legend>Sentences</legend>
          {Object.entries(SOURCES).map(([source, shown]) => (
            <label key={source} className="inline">
              <input
                type="radio"
                name="from"
                checked={from === source}
                onChange={() => set({ from: source as typeof from })}
              />
              {shown}
            </label>
          ))}
        </fieldset>
        {from === "typed" && <Typed rows={rows} change={setRows} labels={labels} />}
        {from === "pasted" && <Pasted text={pasted} change={setPasted} />}
        {from === "task" && <Generated />}
        {from === "file" && <Dropped file={file} change={setFile} />}
        {problem !== null && (part === "sentences" || part === "file") && <Trouble problem={problem} />}
        <label className="inline">
          <input type="checkbox" checked={skipBad} onChange={(event) => setSkipBad(event.target.checked)} />
          Leave out sentences that cannot be used, and say which
        </label>
      </section>
      <details className="card" open={folded ? undefined : true}>
        <summary>Settings</summary>
        <SettingsFields
          settings={settings}
          change={(changed) => setSettings({ ...settings, ...changed })}
          problem={problem}
        />
      </details>
      {problem !== null && part === null && <Trouble problem={problem} />}
      <div className="row middle">
        <button type="submit" className="primary" disabled={sent !== null}>
          Submit
        </button>
        {sent !== null && <Sending share={from === "file" ? sent : 1} />}
      </div>
    </form>
  );
}

const about = (model: { architecture: string; layers: number; heads: number; labels?: string[] | null }) =>
  [
    `${model.architecture}, ${model.layers} layers, ${model.heads} heads`,
    ...(model.labels ? [`classes ${model.labels.join(", ")}`] : []),
  ].join("; ");

function Sending({ share }: { share: number }) {
  return (
    <span className="row middle" role="status">
      {share < 1 ? <progress aria-label="Upload" value={share} /> : <progress aria-label="Check" />}
      {share < 1 ? `Sending the file: ${Math.round(100 * share)} %` : "Checking the sentences …"}
    </span>
  );
}
