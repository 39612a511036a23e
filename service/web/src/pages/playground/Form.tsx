import { type ReactNode, useId } from "react";
import type { Problem } from "../../api/problem";
import { capital } from "../../components/units";
import style from "./Playground.module.css";
import { EXAMPLES, fieldsOf, type Model, type Question } from "./question";

/** What is to be asked, with the problem of a field beside it. */
export function Form(props: {
  draft: Question;
  change: (changed: Partial<Question>) => void;
  models: readonly string[];
  model: Model | undefined;
  problem: Problem | null;
  children: ReactNode;
  onSubmit: () => void;
}) {
  const { draft, change, models, model, problem, children, onSubmit } = props;
  const shown = fieldsOf(model, draft);
  const [asksClass, asksLikeness] = [shown.includes("label"), shown.includes("reference")];
  const of = (name: keyof Question) => (problem?.field === name ? problem : null);
  const elsewhere = problem !== null && !shown.some((name) => problem.field === name) ? problem : null;
  return (
    <form
      className="card stack"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <div className="row middle">
        <span className="quiet">Examples:</span>
        {EXAMPLES.filter((example) => models.length === 0 || models.includes(example.model)).map(
          ({ name, ...example }) => (
            <button key={name} type="button" onClick={() => change(example)}>
              {name}
            </button>
          ),
        )}
      </div>
      <Field
        name={
          model?.mask && !asksClass && !asksLikeness
            ? `Sentence, with ${model.mask} for the word to predict`
            : "Sentence"
        }
        problem={of("text")}
        wide
      >
        {(props) => (
          <textarea
            {...props}
            rows={2}
            value={draft.text}
            spellCheck={false}
            onChange={({ target }) => change({ text: target.value.replaceAll("\n", " ") })}
            onKeyDown={(event) => {
              if (event.key !== "Enter") return;
              event.preventDefault();
              onSubmit();
            }}
          />
        )}
      </Field>
      <div className={style.fields}>
        <Field name="Model" problem={of("model")}>
          {(props) => (
            <select {...props} value={draft.model} onChange={({ target }) => change({ model: target.value })}>
              {[...new Set([...models, draft.model])].map((name) => (
                <option key={name} value={name}>
                  {name.split("/").at(-1)}
                </option>
              ))}
            </select>
          )}
        </Field>
        {asksClass && (
          <Field name="Class" problem={of("label")}>
            {(props) => (
              <select {...props} value={draft.label} onChange={({ target }) => change({ label: target.value })}>
                {draft.label === "" && <option value="">Choose one</option>}
                {[...new Set([...(model?.labels ?? []), ...(draft.label === "" ? [] : [draft.label])])].map((label) => (
                  <option key={label}>{label}</option>
                ))}
              </select>
            )}
          </Field>
        )}
        {asksLikeness && (
          <Field name="Compared with" problem={of("reference")}>
            {(props) => (
              <input
                {...props}
                value={draft.reference}
                onChange={({ target }) => change({ reference: target.value })}
              />
            )}
          </Field>
        )}
        {!asksClass && !asksLikeness && (
          <>
            <Field name="Correct word" problem={of("correct")}>
              {(props) => (
                <input {...props} value={draft.correct} onChange={({ target }) => change({ correct: target.value })} />
              )}
            </Field>
            <Field name="Wrong word" problem={of("wrong")}>
              {(props) => (
                <input {...props} value={draft.wrong} onChange={({ target }) => change({ wrong: target.value })} />
              )}
            </Field>
          </>
        )}
      </div>
      {elsewhere && <Complaint problem={elsewhere} />}
      {children}
    </form>
  );
}

interface Given {
  id: string;
  "aria-invalid": boolean;
  "aria-describedby": string | undefined;
  autoComplete: "off";
}

function Field(props: {
  name: string;
  problem: Problem | null;
  wide?: boolean;
  children: (given: Given) => ReactNode;
}) {
  const { name, problem, wide, children } = props;
  const [id, told] = [useId(), useId()];
  const bad = problem !== null;
  return (
    <div className={wide ? style.wide : style.field}>
      <label htmlFor={id}>{name}</label>
      {children({ id, "aria-invalid": bad, "aria-describedby": bad ? told : undefined, autoComplete: "off" })}
      {bad && <Complaint id={told} problem={problem} />}
    </div>
  );
}

function Complaint({ id, problem }: { id?: string; problem: Problem }) {
  return (
    <p id={id} className={style.complaint} role="status">
      {capital(problem.message)}. {problem.fix}
    </p>
  );
}
