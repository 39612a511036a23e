import style from "./Aggregate.module.css";

/** What the lines mean, whatever their colour. */
export function Key({ here, there, heads }: { here: string; there: string | null; heads: boolean }) {
  return (
    <ul className={style.key}>
      {there === null ? (
        <>
          <li>
            <Sample ink="positive" /> patterns of positive words
          </li>
          <li>
            <Sample ink="negative" hollow /> patterns of negative words
          </li>
        </>
      ) : (
        <>
          <li>
            <Sample ink="positive" /> more frequent in {here}
          </li>
          <li>
            <Sample ink="negative" hollow dash="9 5" /> more frequent in {there}
          </li>
        </>
      )}
      {heads && (
        <>
          {there === null && (
            <li>
              <Sample ink="quiet" dash="0.01 8" /> skip connection
            </li>
          )}
          <li>
            <svg width="34" height="16" aria-hidden="true">
              <path d="M2 8H32" stroke="var(--quiet)" strokeWidth={5} strokeLinecap="round" />
              <circle cx={17} cy={8} r={6.5} fill="var(--paper)" stroke="var(--quiet)" />
              <text x={17} y={11} fontSize={9} textAnchor="middle" fill="var(--ink)">
                3
              </text>
            </svg>{" "}
            head
          </li>
        </>
      )}
      <li>width: {there === null ? "share of the sentences" : "difference of the shares"}</li>
    </ul>
  );
}

function Sample({ ink, hollow, dash }: { ink: string; hollow?: boolean; dash?: string }) {
  const cap = dash === "9 5" ? "butt" : "round";
  return (
    <svg width="34" height="10" aria-hidden="true">
      <path d="M4 5H30" stroke={`var(--${ink})`} strokeWidth={5} strokeLinecap={cap} strokeDasharray={dash} />
      {hollow && (
        <path d="M4 5H30" stroke="var(--paper)" strokeWidth={2.8} strokeLinecap={cap} strokeDasharray={dash} />
      )}
    </svg>
  );
}
