import type { EdgeColumns } from "../layered/figure";
import { counted } from "../units";
import style from "./SentenceView.module.css";

/** What the lines mean, whatever their colour. */
export function Key({ edges, drawn }: { edges: EdgeColumns; drawn: number }) {
  return (
    <div className={style.key}>
      <span>
        <Sample ink="positive" width={5} /> positive
      </span>
      <span>
        <Sample ink="negative" width={5} hollow /> negative
      </span>
      <span>
        <Sample ink="quiet" width={5} dash="0.01 8" /> skip connection
      </span>
      <span>
        <svg width="34" height="16" aria-hidden="true">
          <path d="M2 8H32" stroke="var(--quiet)" strokeWidth={5} strokeLinecap="round" />
          <circle cx={17} cy={8} r={6.5} fill="var(--paper)" stroke="var(--quiet)" />
          <text x={17} y={11} fontSize={9} textAnchor="middle" fill="var(--ink)">
            3
          </text>
        </svg>{" "}
        head
      </span>
      <span>
        <Sample ink="positive" width={1.2} />
        <Sample ink="negative" width={1.2} dash="5 3" /> edges, all heads together
      </span>
      <span className="quiet">
        {counted(drawn, "pattern")}, {counted(edges.influence.length, "edge")}
      </span>
    </div>
  );
}

function Sample({ ink, width, hollow, dash }: { ink: string; width: number; hollow?: boolean; dash?: string }) {
  return (
    <svg width="34" height="10" aria-hidden="true">
      <path d="M4 5H30" stroke={`var(--${ink})`} strokeWidth={width} strokeLinecap="round" strokeDasharray={dash} />
      {hollow && <path d="M4 5H30" stroke="var(--paper)" strokeWidth={width - 2.2} strokeLinecap="round" />}
    </svg>
  );
}
