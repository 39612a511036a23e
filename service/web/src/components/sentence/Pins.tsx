import type { EdgeColumns, Node } from "../layered/figure";
import { share } from "../units";
import style from "./SentenceView.module.css";
import { type Details, flowsOf, type Line, layerName, signed, textOf, through, totalOf, wordAt } from "./sentence";

const SHOWN = 8; // edges of a node

/** What flows through the pinned nodes. */
export function Pins(props: {
  details: Details;
  lines: readonly Line[];
  edges: EdgeColumns;
  mass: readonly number[];
  pins: readonly Node[];
  unpin: (node: Node) => void;
  clear: () => void;
}) {
  const { details, lines, edges, mass, pins, unpin, clear } = props;
  const word = (position: number) => wordAt(details.tokens, position);
  const found = through(lines, pins);
  const sum = found.reduce((total, line) => total + line.influence, 0);
  const total = totalOf(details);
  return (
    <section className="card stack" aria-label="Pinned nodes">
      <div className="row middle spread">
        <h2>Pinned nodes</h2>
        <button type="button" className="plain" onClick={clear}>
          Clear
        </button>
      </div>
      {found.length === 0 ? (
        <p>No word's pattern goes through {pins.length === 1 ? "this node" : "all of them"}.</p>
      ) : (
        <p>
          {found.length} of {lines.length} words' patterns go through {pins.length === 1 ? "this node" : "all of them"}.
          Together these carry {signed(sum)}
          {Math.abs(total) > 1e-9 && `, ${share(sum, total)} of the sum of all words' influences (${signed(total)})`}.
        </p>
      )}
      {found.length > 0 && (
        <div className="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">Word</th>
                <th scope="col" className="number">
                  Through its pattern
                </th>
                <th scope="col" className="number">
                  Share of the word
                </th>
              </tr>
            </thead>
            <tbody>
              {found.map((line) => (
                <tr key={line.position}>
                  <td>{word(line.position)}</td>
                  <td className="number">{signed(line.influence)}</td>
                  <td className="number">{share(line.influence, line.total)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <div className={style.pins}>
        {pins.map((pin) => {
          const flows = flowsOf(edges, pin);
          const list = (into: boolean) => flows.filter((flow) => flow.into === into);
          return (
            <section key={textOf(pin)} aria-label={`${word(Number(pin.place))}, ${layerName(pin.layer)}`}>
              <div className="row middle">
                <h3>
                  {word(Number(pin.place))}, {layerName(pin.layer)}
                </h3>
                <button type="button" className="plain" onClick={() => unpin(pin)}>
                  Unpin
                </button>
              </div>
              {([true, false] as const).map((into) => {
                const all = list(into);
                if (all.length === 0) return null;
                return (
                  <div key={`${into}`}>
                    <span className="quiet">{into ? "In" : "Out"}</span>
                    <ul className={style.flows}>
                      {all.slice(0, SHOWN).map(({ other, influence }) => (
                        <li key={other}>
                          {into ? "from" : "to"} {word(other)}: {signed(influence)}{" "}
                          <span className="quiet">
                            ({share(Math.abs(influence), mass[pin.layer - (into ? 1 : 0)] ?? 0)} of the layer)
                          </span>
                        </li>
                      ))}
                      {all.length > SHOWN && (
                        <li className="quiet">
                          {all.length - SHOWN} more: {signed(all.slice(SHOWN).reduce((s, f) => s + f.influence, 0))}
                        </li>
                      )}
                    </ul>
                  </div>
                );
              })}
              {flows.length === 0 && <p className="quiet">No stored edge touches it.</p>}
            </section>
          );
        })}
      </div>
    </section>
  );
}
