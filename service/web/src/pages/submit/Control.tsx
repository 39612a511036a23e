import { type ReactNode, useId } from "react";
import type { Problem } from "../../api/problem";
import { Trouble } from "../../components/States";
import { partOf } from "./request";
import style from "./Submit.module.css";

/** A field with its label, what it means, and what is wrong with it. */
export function Control(props: {
  label: ReactNode;
  name: string;
  problem: Problem | null;
  hint?: ReactNode;
  children: (given: { id: string; "aria-describedby": string; "aria-invalid": boolean }) => ReactNode;
}) {
  const { label, name, problem, hint, children } = props;
  const id = useId();
  const wrong = problem !== null && partOf(problem) === name;
  return (
    <div className={style.control}>
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-describedby": `${id}-hint`, "aria-invalid": wrong })}
      <div id={`${id}-hint`} className={style.hint}>
        {hint}
        {wrong && <Trouble problem={problem} />}
      </div>
    </div>
  );
}
