import type { ReactNode } from "react";
import style from "./Key.module.css";

/** What the lines of a figure mean, whatever their colour: a list of samples and words. */
export function Key({ children }: { children: ReactNode }) {
  return <ul className={style.key}>{children}</ul>;
}

/** A line as the figure draws it. */
export function Sample(props: {
  ink: "positive" | "negative" | "quiet";
  width?: number;
  hollow?: boolean;
  dash?: string;
}) {
  const { ink, width = 5, hollow, dash } = props;
  const cap = dash === DIFFERENCE ? "butt" : "round";
  return (
    <svg width="34" height="10" aria-hidden="true">
      <path d="M4 5H30" stroke={`var(--${ink})`} strokeWidth={width} strokeLinecap={cap} strokeDasharray={dash} />
      {hollow && (
        <path d="M4 5H30" stroke="var(--paper)" strokeWidth={width - 2.2} strokeLinecap={cap} strokeDasharray={dash} />
      )}
    </svg>
  );
}

/** Dashes of a skip connection, and of what is more frequent on the other side. */
export const SKIP = "0.01 8";
export const DIFFERENCE = "9 5";

/** A head's number on its line. */
export function HeadSample() {
  return (
    <svg width="34" height="16" aria-hidden="true">
      <path d="M2 8H32" stroke="var(--quiet)" strokeWidth={5} strokeLinecap="round" />
      <circle cx={17} cy={8} r={6.5} fill="var(--paper)" stroke="var(--quiet)" />
      <text x={17} y={11} fontSize={9} textAnchor="middle" fill="var(--ink)">
        3
      </text>
    </svg>
  );
}
