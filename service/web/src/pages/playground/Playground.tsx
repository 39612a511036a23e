import { parseAsString, useQueryStates } from "nuqs";
import { useEffect, useMemo, useState } from "react";
import { hooks } from "../../api/client";
import type { Problem } from "../../api/problem";
import { useTitle } from "../../app/title";
import { Trouble } from "../../components/States";
import { capital } from "../../components/units";
import { Answer } from "./Answer";
import { Form } from "./Form";
import style from "./Playground.module.css";
import { EXAMPLES, fieldsOf, only, type Question, same } from "./question";
import { useCheck } from "./useAnswer";

const [FIRST] = EXAMPLES;
const NEVER = Number.POSITIVE_INFINITY;

const ADDRESS = {
  text: parseAsString.withDefault(""),
  correct: parseAsString.withDefault(""),
  wrong: parseAsString.withDefault(""),
  label: parseAsString.withDefault(""),
  reference: parseAsString.withDefault(""),
  model: parseAsString.withDefault("bundled"),
  against: parseAsString.withDefault(""),
  // Of the figure; of another sentence they would mean something else.
  words: parseAsString,
  pin: parseAsString,
};

export function Component() {
  useTitle("Playground");
  const [{ against, words: _words, pin: _pin, ...address }, set] = useQueryStates(ADDRESS, { history: "push" });
  const { text, correct, wrong, label, reference, model: name } = address;
  const asked = useMemo((): Question => {
    if (text === "" && FIRST !== undefined) {
      const { name: _, ...example } = FIRST;
      return example;
    }
    return { text, correct, wrong, label, reference, model: name };
  }, [text, correct, wrong, label, reference, name]);
  const [draft, setDraft] = useState(asked);
  const [wanted, setWanted] = useState(false);
  useEffect(() => setDraft(asked), [asked]);

  const models = hooks.useQuery("get", "/v1/models", {}, { staleTime: NEVER });
  const model = hooks.useQuery(
    "get",
    "/v1/models/{name}",
    { params: { path: { name: draft.model } } },
    { staleTime: NEVER },
  );
  const question = useMemo(() => only(draft, fieldsOf(model.data, draft)), [draft, model.data]);
  const checked = useCheck(question);
  const valid = useCheck(asked);
  const problem = checked.settled ? (checked.error as Problem | null) : null;
  const changed = !same(question, asked);
  const submit = () => {
    setWanted(!checked.settled);
    if (!checked.settled || !changed || problem !== null || draft.text.trim() === "") return;
    const comparable = same({ ...question, text: "" }, { ...asked, text: "" });
    void set({ ...question, against: comparable ? asked.text : null, words: null, pin: null });
  };
  // Enter before the check is done counts as soon as it is.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only that it is settled counts
  useEffect(() => {
    if (wanted && checked.settled) submit();
  }, [wanted, checked.settled]);
  const told = checked.settled && !checked.error ? checked.data : undefined;
  return (
    <div className="stack">
      <div>
        <h1>Playground</h1>
        <p className="quiet">Type a sentence and see which words carry the model's answer, and through which heads.</p>
      </div>
      {models.error && <Trouble problem={models.error as unknown as Problem} again={() => models.refetch()} />}
      <Form
        draft={draft}
        change={(part) => setDraft({ ...draft, ...part })}
        models={models.data?.models ?? []}
        model={model.data}
        problem={problem}
        onSubmit={submit}
      >
        <div className="row middle">
          <button type="submit" className="primary" disabled={!changed || problem !== null || draft.text.trim() === ""}>
            Analyse
          </button>
          <div className={style.reads} aria-live="polite">
            {told && (
              <>
                <span className="quiet">{told.quantity}; the model reads</span>
                {told.tokens.map((token, position) => {
                  const key = `${position} ${token}`;
                  return (
                    <span key={key} className={position === told.target ? style.target : style.token}>
                      {token}
                    </span>
                  );
                })}
              </>
            )}
          </div>
        </div>
        {told?.notices.map((notice) => (
          <p key={notice} className="quiet">
            {capital(notice)}.
          </p>
        ))}
      </Form>
      {valid.settled && !valid.error && valid.data !== undefined && (
        <>
          {changed && checked.settled && (
            <p className="quiet">
              Below is still the answer to <q>{asked.text}</q>
            </p>
          )}
          <Answer question={asked} against={against} forget={() => void set({ against: null })} />
        </>
      )}
    </div>
  );
}
