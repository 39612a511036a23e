import { debounce } from "nuqs";
import { Term } from "../Term";
import { type Details, GPR, type Level, methodsOf, type Signs } from "./sentence";
import type { Choice, Choose } from "./useChoice";

const METHODS: Readonly<Record<string, string>> = {
  [GPR]: "Guided pattern refinement",
  attention: "Attention weights",
  attention_raw: "Attention weights, without skips",
  conductance: "Conductance",
  internal: "Internal influence",
  random: "Random",
  repl_skip: "Skip connections only",
};

/** What of the sentence is drawn. */
export function Controls({ details, choice, set }: { details: Details; choice: Choice; set: Choose }) {
  const methods = methodsOf(details);
  const levels = methods.get(choice.method) ?? [];
  return (
    <div className="row">
      <label>
        <Term name="Pattern">Patterns by</Term>
        <select
          value={choice.method}
          onChange={({ target }) => {
            const possible = methods.get(target.value) ?? [];
            const level = possible.includes(choice.level) ? choice.level : (possible[0] ?? null);
            void set({ method: target.value, level });
          }}
        >
          {[...methods.keys()].map((method) => (
            <option key={method} value={method}>
              {METHODS[method] ?? method}
            </option>
          ))}
        </select>
      </label>
      <label>
        Level
        <select value={choice.level} onChange={({ target }) => void set({ level: target.value as Level })}>
          <option value="attention" disabled={!levels.includes("attention")}>
            Attention: heads
          </option>
          <option value="embedding" disabled={!levels.includes("embedding")}>
            Embedding: positions
          </option>
        </select>
      </label>
      <label>
        <Term name="Sign">Sign</Term>
        <select value={choice.signs} onChange={({ target }) => void set({ signs: target.value as Signs })}>
          <option value="all">Both</option>
          <option value="positive">Positive</option>
          <option value="negative">Negative</option>
        </select>
      </label>
      <label>
        Weakest edge: {Math.round(100 * choice.least)} % of the strongest
        <input
          type="range"
          min="0"
          max="1"
          step="0.01"
          value={choice.least}
          onChange={({ target }) =>
            void set({ least: Number(target.value) || null }, { history: "replace", limitUrlUpdates: debounce(150) })
          }
        />
      </label>
    </div>
  );
}
