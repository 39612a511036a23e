import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { keepKey } from "../api/key";
import type { Problem } from "../api/problem";
import style from "./States.module.css";
import { capital } from "./units";

/** What a query of the service has become: what it takes, why it waits, what went wrong, or its answer. */
export interface Asked<Answer> {
  data: Answer | undefined;
  error: unknown;
  failureReason: unknown;
  isFetching: boolean;
  refetch: () => unknown;
}

/** The answer, once it is there, and until then what is going on. */
export function Answered<Answer>(props: {
  query: Asked<Answer>;
  what: string;
  children: (answer: Answer) => ReactNode;
}) {
  const { query, what, children } = props;
  if (query.error) return <Trouble problem={query.error as Problem} again={() => query.refetch()} />;
  if (query.data === undefined) return <Loading what={what} because={query.failureReason as Problem | null} />;
  return (
    <>
      {query.failureReason !== null && query.isFetching && <Waiting because={query.failureReason as Problem} />}
      {children(query.data)}
    </>
  );
}

/** A bar for what takes longer than a blink. */
export function Loading({ what, because }: { what: string; because?: Problem | null }) {
  const [shown, show] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => show(true), 200);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={style.loading} role="status">
      {shown && (
        <>
          <progress aria-label={what} />
          <span>{what} …</span>
          {because && <Waiting because={because} />}
        </>
      )}
    </div>
  );
}

function Waiting({ because }: { because: Problem }) {
  return (
    <p className={style.waiting} role="status">
      Waiting: {because.message}. This page asks again by itself.
    </p>
  );
}

/** What went wrong, and what to do; where a key is missing, a place for it. */
export function Trouble({ problem, again }: { problem: Problem; again?: () => void }) {
  if (problem.status === 401) return <SignIn problem={problem} />;
  return (
    <div className={style.trouble} role="alert">
      <p>
        {problem.where && <strong>{problem.where}: </strong>}
        {problem.field && <strong>{problem.field}: </strong>}
        {sentence(problem.message)}
      </p>
      {problem.fix && <p>{problem.fix}</p>}
      {again && problem.status !== 404 && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

const sentence = (text: string) => (/[.!?…]$/.test(text) ? text : `${text}.`);

function SignIn({ problem }: { problem: Problem }) {
  const [key, setKey] = useState("");
  const keep = (event: FormEvent) => {
    event.preventDefault();
    keepKey(key.trim());
    location.reload();
  };
  return (
    <form className="card stack" onSubmit={keep}>
      <h2>This service needs a key</h2>
      <p className="quiet">{sentence(problem.message)} Ask whoever runs the service for one. It stays in this tab.</p>
      <div className="row">
        <label>
          API key
          <input type="password" autoComplete="off" required value={key} onChange={(e) => setKey(e.target.value)} />
        </label>
        <button type="submit" className="primary">
          Use it
        </button>
      </div>
    </form>
  );
}

/** There is nothing, and what to do about that. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={style.empty}>
      <strong>{title}</strong>
      {children && <div>{children}</div>}
    </div>
  );
}

/** What a reader should know before trusting what follows. */
export function Notice({ children }: { children: ReactNode }) {
  return (
    <p className={style.notice} role="note">
      {typeof children === "string" ? sentence(capital(children)) : children}
    </p>
  );
}
