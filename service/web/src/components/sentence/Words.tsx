import { Term } from "../Term";
import style from "./SentenceView.module.css";
import { type Details, type Line, signed, wordAt } from "./sentence";

/** Every word's total influence as a bar; a word is drawn while it is ticked. */
export function Words(props: {
  details: Details;
  drawn: readonly Line[];
  /** The same words' influences in another sentence, by position. */
  against?: ReadonlyMap<number, number>;
  choose: (words: number[] | null) => void;
}) {
  const { details, drawn, against, choose } = props;
  const words = details.words ?? [];
  const values = [...words.map(({ influence }) => influence), ...(against?.values() ?? [])];
  const most = Math.max(0, ...values.map(Math.abs));
  const chosen = new Set(drawn.map(({ position }) => position));
  const toggle = (position: number) =>
    choose(chosen.has(position) ? [...chosen].filter((other) => other !== position) : [...chosen, position]);
  return (
    <section className="stack" aria-label="Words">
      <div className="row middle spread">
        <h2>
          <Term name="Total influence">Total influence</Term>
        </h2>
        <button type="button" onClick={() => choose(null)}>
          Strongest words
        </button>
      </div>
      {against && <p className={style.compared}>Thin bars are the sentence before; last, the change since.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section className={style.words} tabIndex={0} aria-label="The words' total influences">
        {words.map(({ position, influence }) => {
          const before = against?.get(position);
          return (
            <label key={position} className={against ? `${style.word} ${style.changed}` : style.word}>
              <input type="checkbox" checked={chosen.has(position)} onChange={() => toggle(position)} />
              <span className={style.token}>{wordAt(details.tokens, position)}</span>
              <span className={style.bars} aria-hidden="true">
                <Bar value={influence} most={most} />
                {before !== undefined && <Bar value={before} most={most} before />}
              </span>
              <span className={style.value}>{signed(influence)}</span>
              {before !== undefined && <span className={style.change}>{signed(influence - before)}</span>}
            </label>
          );
        })}
      </section>
    </section>
  );
}

function Bar({ value, most, before = false }: { value: number; most: number; before?: boolean }) {
  const wide = most > 0 ? (50 * Math.abs(value)) / most : 0;
  const classes = [style.bar, value < 0 && style.minus, before && style.before].filter(Boolean).join(" ");
  return <span className={classes} style={{ width: `${wide}%`, left: value < 0 ? `${50 - wide}%` : "50%" }} />;
}
