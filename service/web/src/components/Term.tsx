import type { ReactNode } from "react";
import { define } from "../glossary";
import { Tip } from "./Tip";
import style from "./Tip.module.css";

/** A word of the glossary, with its definition on hover and on focus. */
export function Term({ name, children }: { name: string; children?: ReactNode }) {
  const says = define(name);
  if (says === undefined) return <>{children ?? name}</>;
  return (
    <Tip says={says}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what is explained on hover must be reached by keyboard */}
      <span className={style.term} tabIndex={0}>
        {children ?? name}
      </span>
    </Tip>
  );
}
