import type { Problem } from "../../api/problem";
import { Downloads } from "../../components/Downloads";
import { PICTURES } from "../../components/downloads";
import { Source } from "../../components/Source";
import { Notice, Trouble } from "../../components/States";
import { SentenceView } from "../../components/sentence/SentenceView";
import { signed } from "../../components/sentence/sentence";
import { useChoice } from "../../components/sentence/useChoice";
import { align } from "./diff";
import { Keep } from "./Keep";
import style from "./Playground.module.css";
import { type Analysis, command, type Question } from "./question";
import { useAnswer } from "./useAnswer";

/** The answer to a question, beside that to the one before. */
export function Answer({ question, against, forget }: { question: Question; against: string; forget: () => void }) {
  const answer = useAnswer(question);
  const before = useAnswer(against === "" || against === question.text ? null : { ...question, text: against });
  if (answer.error) return <Trouble problem={answer.error as Problem} again={() => answer.refetch()} />;
  if (answer.data === undefined)
    return <Computing status={answer.status} because={answer.failureReason as Problem | null} />;
  const compared = before.data?.sentence;
  return (
    <div className="stack">
      {against !== "" && against !== question.text && (
        <div className={style.against}>
          <p>
            Compared with <q>{against}</q>
            {compared && answer.data.sentence && (
              <>
                : {compared.quantity} was <strong>{signed(compared.qoi)}</strong>, is now{" "}
                <strong>{signed(answer.data.sentence.qoi)}</strong>
              </>
            )}
          </p>
          {before.data === undefined && !before.error && <progress aria-label="Computing the sentence before" />}
          {before.error && <p>It cannot be asked: {(before.error as Problem).message}.</p>}
          <button type="button" className="plain" onClick={forget}>
            Do not compare
          </button>
        </div>
      )}
      <Found answer={answer.data} question={question} before={before.data} />
    </div>
  );
}

function Found({ answer, question, before }: { answer: Analysis; question: Question; before: Analysis | undefined }) {
  const [choice] = useChoice();
  const details = answer.sentence;
  if (!details) return null;
  const at = `/v1/analyses/${answer.id}`;
  const drawn = choice.words.map((word, order) => `${order === 0 ? "?" : "&"}word=${word}`).join("");
  return (
    <>
      {answer.notices?.map((notice) => (
        <Notice key={notice}>{notice}</Notice>
      ))}
      <SentenceView
        key={answer.id}
        details={details}
        at={at}
        name="sentence"
        against={before?.sentence ? influencesOf(details, before.sentence) : undefined}
      />
      <div className="row">
        <Downloads of="the figure for print" name="sentence" path={`${at}/figure${drawn}`} formats={PICTURES} />
        <Downloads
          of="the result"
          name="sentence"
          path={`${at}/result`}
          formats={{ JSON: ["application/jsonl", "jsonl"] }}
        />
        <Keep key={JSON.stringify(question)} question={question} />
      </div>
      <Source language="HTTP" of={command(question)} />
    </>
  );
}

type Details = NonNullable<Analysis["sentence"]>;

/** The influences that the words had before, by their positions now. */
function influencesOf(now: Details, before: Details): Map<number, number> {
  const values = new Map((before.words ?? []).map((word) => [word.position, word.influence]));
  const found = new Map<number, number>();
  for (const [position, other] of align(now.tokens, before.tokens)) {
    const value = values.get(other);
    if (value !== undefined) found.set(position, value);
  }
  return found;
}

function Computing({ status, because }: { status: Analysis["status"] | null; because: Problem | null }) {
  return (
    <div className="card stack" role="status">
      <progress aria-label="Computing the figure" className={style.progress} />
      <p>{status === "running" ? "A worker computes it …" : "Asking the workers …"}</p>
      {status === "queued" && (
        <Notice>
          No worker has taken it yet. They may be busy, or none may run. This starts one on the service's machine:{" "}
          <code>influence worker</code>
        </Notice>
      )}
      {because && <p>Waiting: {because.message}. This page asks again by itself.</p>}
    </div>
  );
}
