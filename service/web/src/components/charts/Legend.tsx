import { useId } from "react";
import style from "./Charts.module.css";
import type { Series, Tone } from "./chart";
import { Hatch } from "./Hatch";
import { colourOf, DASHES, isHatched, legendOf } from "./tones";

/** What colours, hatches and dashes stand for. */
export function Legend({ series, lines }: { series: readonly Series[]; lines?: boolean }) {
  const told = legendOf(series);
  if (told.length === 0) return null;
  return (
    <ul className={style.legend}>
      {told.map((each) => (
        <li key={each.name}>
          {lines ? <Stroke tone={each.tone} /> : <Swatch tone={each.tone} />} <span data-drawn>{each.name}</span>
        </li>
      ))}
    </ul>
  );
}

export function Swatch({ tone, value }: { tone: Tone; value?: number | null }) {
  const hatch = `hatch${useId().replaceAll(/[^a-zA-Z0-9]/g, "")}`;
  const fill = isHatched(tone, value) ? `url(#${hatch})` : colourOf(tone, value);
  return (
    <svg width="14" height="10" aria-hidden="true">
      <Hatch id={hatch} />
      <rect width="14" height="10" fill={fill} />
    </svg>
  );
}

function Stroke({ tone }: { tone: Tone }) {
  return (
    <svg width="30" height="10" aria-hidden="true">
      <line x1="0" x2="30" y1="5" y2="5" stroke={colourOf(tone)} strokeWidth="2" strokeDasharray={DASHES[tone]} />
    </svg>
  );
}
