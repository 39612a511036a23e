import style from "./Cypher.module.css";
import { type Kind, read, type Written } from "./parameters";

const KINDS: Kind[] = ["text", "number", "JSON"];

/** A field for each parameter of the query. */
export function ParameterFields(props: {
  names: string[];
  written: Readonly<Record<string, Written>>;
  change: (name: string, written: Written) => void;
}) {
  const { names, written, change } = props;
  if (names.length === 0) return null;
  return (
    <fieldset>
      <legend>Parameters</legend>
      <div className={style.parameters}>
        {names.map((name) => {
          const { kind, text } = written[name] ?? { kind: "text", text: "" };
          const problem = problemOf({ kind, text });
          return (
            <div key={name} className={style.parameter}>
              <label>
                <span>${name}</span>
                <input
                  aria-label={`Value of $${name}`}
                  value={text}
                  aria-invalid={problem !== null}
                  onChange={(event) => change(name, { kind, text: event.target.value })}
                />
              </label>
              <label>
                Type
                <select
                  aria-label={`Type of $${name}`}
                  value={kind}
                  onChange={(event) => change(name, { kind: event.target.value as Kind, text })}
                >
                  {KINDS.map((each) => (
                    <option key={each}>{each}</option>
                  ))}
                </select>
              </label>
              {problem !== null && <p className={style.wrong}>{problem}</p>}
            </div>
          );
        })}
      </div>
    </fieldset>
  );
}

function problemOf(written: Written): string | null {
  try {
    read(written);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
