import { Term } from "../Term";
import { percent } from "../units";
import style from "./SentenceView.module.css";
import { type Details, signed } from "./sentence";

/** What was asked of the sentence, and how well it was computed. */
export function Facts({ details }: { details: Details }) {
  const { quantity, qoi, baseline_qoi, completeness_error: error, sampling_error, samples, settings } = details;
  const right = settings.question === "logit_difference" ? (qoi > 0 ? "right" : "wrong") : null;
  return (
    <dl className={style.facts}>
      <div>
        <dt>
          <Term name="Quantity of interest">{quantity}</Term>
        </dt>
        <dd>
          {signed(qoi)}
          {right && <span className={style[right]}>{right}</span>}
        </dd>
      </div>
      <div>
        <dt>
          <Term name="Baseline">Baseline</Term>
        </dt>
        <dd>{signed(baseline_qoi)}</dd>
      </div>
      <div>
        <dt>
          <Term name="Completeness error">Completeness error</Term>
        </dt>
        <dd>{error === null ? "–" : percent(error)}</dd>
      </div>
      <div>
        <dt>
          <Term name="Distribution of interest">Samples</Term>
        </dt>
        <dd>
          {samples.toLocaleString("en")}
          {sampling_error !== null && <span className="quiet"> error {percent(sampling_error)}</span>}
        </dd>
      </div>
    </dl>
  );
}
