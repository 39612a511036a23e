import type { Problem } from "../../api/problem";
import { Term } from "../../components/Term";
import { Control } from "./Control";
import type { Settings } from "./request";
import style from "./Submit.module.css";

const METHODS: Readonly<Record<string, string>> = {
  attention: "the path of largest attention, with M and the skip connection",
  attention_raw: "the path of largest attention",
  conductance: "in each layer the node of largest conductance; about one more analysis for every six words",
  internal: "in each layer the node of largest internal influence, the same for every word",
  random: "a random path",
  repl_skip: "the word's own path through skip connections alone",
};

/** What changes the numbers, with the service's defaults. */
export function SettingsFields(props: {
  settings: Settings;
  change: (changed: Partial<Settings>) => void;
  problem: Problem | null;
}) {
  const { settings, change, problem } = props;
  const text = (name: keyof Omit<Settings, "methods">, label: string, term: string, hint: string, placeholder = "") => (
    <Control name={name} label={<Term name={term}>{label}</Term>} problem={problem} hint={hint}>
      {(given) => (
        <input
          {...given}
          value={settings[name]}
          placeholder={placeholder}
          onChange={(event) => change({ [name]: event.target.value })}
        />
      )}
    </Control>
  );
  return (
    <div className={style.fields}>
      <Control
        name="sampling"
        label={<Term name="Distribution of interest">Sampling</Term>}
        problem={problem}
        hint="How the points between baseline and sentence are spaced; adaptive takes as many as each sentence needs."
      >
        {(given) => (
          <select {...given} value={settings.sampling} onChange={(event) => change({ sampling: event.target.value })}>
            <option value="">trapezoid (the default)</option>
            <option value="adaptive">adaptive</option>
            <option value="gauss-legendre">gauss-legendre</option>
            <option value="paper">paper</option>
          </select>
        )}
      </Control>
      {text(
        "samples",
        "Samples",
        "Distribution of interest",
        "How many points; of adaptive sampling, at most.",
        "32; adaptive: 512",
      )}
      {text(
        "tolerance",
        "Tolerance",
        "Distribution of interest",
        "Of adaptive sampling: the error allowed, as a share of the influence.",
        "0.01",
      )}
      {text(
        "baseline",
        "Baseline",
        "Baseline",
        "What a sentence is compared with: mask, zero, token:[PAD], or counterfactual.",
      )}
      {text(
        "distribution",
        "Distribution of interest",
        "Distribution of interest",
        "Where derivatives are taken: line, point:1, gaussian:0.1, …",
      )}
      {text("edges", "Edges", "Edge", "Which are kept: none, top:200, mass:0.95 or all.")}
      {text("words", "Words", "Source", "Those whose patterns are found: all, top:20 or mass:0.95.")}
      <fieldset className={style.wide}>
        <legend>Baseline methods whose patterns are found too</legend>
        <div className="row middle">
          {Object.entries(METHODS).map(([method, says]) => (
            <label key={method} className="inline" title={says}>
              <input
                type="checkbox"
                checked={settings.methods.includes(method)}
                onChange={(event) =>
                  change({
                    methods: event.target.checked
                      ? [...settings.methods, method]
                      : settings.methods.filter((each) => each !== method),
                  })
                }
              />
              {method}
            </label>
          ))}
        </div>
      </fieldset>
    </div>
  );
}
