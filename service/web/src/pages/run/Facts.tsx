import type { components } from "../../api/schema";
import { text } from "../../components/DataTable";
import { Term } from "../../components/Term";
import { count, moment } from "../../components/units";
import style from "./Run.module.css";

/** The glossary's name of a setting. */
const TERMS: Readonly<Record<string, string>> = {
  baseline: "Baseline",
  distribution: "Distribution of interest",
  sampling: "Distribution of interest",
  samples: "Distribution of interest",
  tolerance: "Distribution of interest",
  beam: "Beam",
  edges: "Edge",
  words: "Source",
  methods: "Baseline method",
  question: "Quantity of interest",
};

/** What a run is: its model, its settings, what made it, and when. */
export function Facts({ run }: { run: components["schemas"]["RunDetails"] }) {
  const facts: [string, string | null][] = [
    ["Model", run.model_name ?? run.source],
    ["Results", count(run.instances)],
    ["Sentences of the job", run.sentences === null ? null : count(run.sentences)],
    ["Created", moment(run.created_at)],
    ["Finished", run.finished_at === null ? null : moment(run.finished_at)],
    ["Devices", run.devices?.join(", ") || null],
    ["Priority", run.priority === null ? null : String(run.priority)],
    ["Id", run.id],
  ];
  return (
    <section className="card stack">
      <h2>About this run</h2>
      <dl className={style.facts}>
        {facts.map(
          ([name, value]) =>
            value !== null && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
        <div>
          <dt>
            <Term name="Fingerprint" />
          </dt>
          <dd className="mono">{run.model}</dd>
        </div>
      </dl>
      <h3>Settings</h3>
      <dl className={style.facts}>
        {Object.entries(run.settings)
          .filter(([, value]) => value !== null)
          .map(([name, value]) => (
            <div key={name}>
              <dt>
                <Term name={TERMS[name] ?? name}>{name.replaceAll("_", " ")}</Term>
              </dt>
              <dd>{Array.isArray(value) && value.length === 0 ? "none" : text(value)}</dd>
            </div>
          ))}
      </dl>
      <details>
        <summary>Software versions</summary>
        <dl className={style.facts}>
          {Object.entries(run.versions).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </details>
    </section>
  );
}
