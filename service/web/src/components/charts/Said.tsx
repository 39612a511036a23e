import style from "./Charts.module.css";
import type { Mark, Series } from "./chart";
import { told } from "./format";
import { Swatch } from "./Legend";

/** What is told of a mark beside the pointer. */
export function Said({ mark, series }: { mark: Mark; series: readonly Series[] }) {
  return (
    <div className={style.said}>
      <strong>{mark.name}</strong>
      {series.map((each, at) =>
        mark.values[at] == null ? null : (
          <span key={each.name}>
            <Swatch tone={each.tone} value={mark.values[at]} /> {each.name}:{" "}
            {told(mark.values[at] ?? null, mark.spans[at])}
          </span>
        ),
      )}
    </div>
  );
}
