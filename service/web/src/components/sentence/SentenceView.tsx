import { useCallback, useMemo } from "react";
import { DataTable } from "../DataTable";
import { type EdgeColumns, type Hit, NO_EDGES, type Node } from "../layered/figure";
import { LayeredFigure } from "../layered/LayeredFigure";
import { masked } from "../units";
import { Controls } from "./Controls";
import { Facts } from "./Facts";
import { Key } from "./Key";
import { Pins } from "./Pins";
import style from "./SentenceView.module.css";
import {
  choose,
  type Details,
  filterEdges,
  keepsAll,
  keptEdges,
  linesOf,
  massOf,
  methodsOf,
  nodeOf,
  pathsOf,
  textOf,
  wordAt,
  written,
} from "./sentence";
import { Told } from "./Told";
import { useChoice } from "./useChoice";
import { Words } from "./Words";

/** One sentence's figure, its words, and what flows through pinned nodes. What is chosen is in the address. */
export function SentenceView(props: {
  details: Details;
  /** The service's address of it, where heads of edges are asked for. */
  at: string;
  /** Of files that the figure is saved as. */
  name: string;
  against?: ReadonlyMap<number, number>;
}) {
  const { details, at, name, against } = props;
  const [choice, set] = useChoice();
  const known = methodsOf(details);
  const method = known.has(choice.method) ? choice.method : "gpr";
  const levels = known.get(method) ?? [];
  const level = levels.includes(choice.level) ? choice.level : (levels[0] ?? "attention");

  const lines = useMemo(() => linesOf(details, method, level), [details, method, level]);
  const words = choice.words.join();
  const drawn = useMemo(
    () => choose(lines, words === "" ? [] : words.split(",").map(Number), choice.signs),
    [lines, words, choice.signs],
  );
  const paths = useMemo(() => pathsOf(drawn), [drawn]);
  const all: EdgeColumns = details.network ?? NO_EDGES;
  const edges = useMemo(() => filterEdges(all, choice.least, choice.signs), [all, choice.least, choice.signs]);
  const mass = useMemo(() => massOf(all), [all]);
  const chosen = useMemo(() => new Set(drawn.map(({ position }) => position)), [drawn]);
  const places = useMemo(
    () => details.tokens.map((label, id) => ({ id, label, bold: chosen.has(id) || id === details.target })),
    [details, chosen],
  );
  const top = useMemo(() => ({ place: details.target, label: topLabel(details) }), [details]);
  const layers = details.words?.[0]?.components.length ?? Math.max(0, mass.length);
  const pin = choice.pin.join();
  const pins = useMemo(
    () =>
      (pin === "" ? [] : pin.split(",")).flatMap((text) => nodeOf(text) ?? []).filter((node) => node.layer <= layers),
    [pin, layers],
  );
  const toggle = (node: Node) => {
    const text = textOf(node);
    const others = choice.pin.filter((other) => other !== text);
    void set({ pin: others.length < choice.pin.length ? (others.length ? others : null) : [...choice.pin, text] });
  };
  const context = useMemo(() => ({ details, lines: drawn, edges: all, mass, at }), [details, drawn, all, mass, at]);
  const describe = useCallback((hit: Hit) => <Told hit={hit} context={context} />, [context]);

  return (
    <div className="stack">
      <Facts details={details} />
      <Controls details={details} choice={{ ...choice, method, level }} set={set} />
      <div className={style.beside}>
        <div className="card stack">
          <LayeredFigure
            label={`Figure of ${masked(details.text)}: words from left to right, layers upwards`}
            name={name}
            places={places}
            layers={layers}
            top={top}
            edges={edges}
            paths={paths}
            pinned={pins}
            describe={describe}
            onPin={toggle}
            onClear={() => pins.length > 0 && void set({ pin: null })}
          />
          <Key edges={edges} drawn={drawn.length} />
        </div>
        <div className="card">
          <Words details={details} drawn={drawn} against={against} choose={(chosen) => void set({ words: chosen })} />
        </div>
      </div>
      <LeftOut details={details} />
      {pins.length > 0 && (
        <Pins {...{ details, lines, edges: all, mass, pins }} unpin={toggle} clear={() => void set({ pin: null })} />
      )}
      <details>
        <summary>The figure as tables</summary>
        <div className="stack">
          <h3>Words and their patterns</h3>
          <DataTable
            caption="Words and their patterns"
            definitions={COLUMNS}
            table={{
              fields: [
                { name: "position", type: "integer" },
                { name: "word", type: "string" },
                { name: "total_influence", type: "number" },
                { name: "through_the_pattern", type: "number" },
                { name: "pattern", type: "string" },
              ],
              values: lines.map((line) => [
                line.position,
                wordAt(details.tokens, line.position),
                line.total,
                line.influence,
                written(line),
              ]),
            }}
          />
          <h3>Edges</h3>
          <EdgeTable details={details} edges={edges} />
        </div>
      </details>
    </div>
  );
}

const COLUMNS = {
  through_the_pattern: "The influence of the word that flows through exactly this pattern.",
  pattern: "The position at each layer, and between two the head (h) or the skip connection.",
  layer: "The layer that the edge leaves; 0 is the embedding.",
};

function EdgeTable({ details, edges }: { details: Details; edges: EdgeColumns }) {
  const table = useMemo(
    () => ({
      fields: [
        { name: "layer", type: "integer" },
        { name: "source", type: "string" },
        { name: "target", type: "string" },
        { name: "influence", type: "number" },
      ],
      values: Array.from(edges.influence, (influence, i) => [
        edges.layer[i],
        wordAt(details.tokens, Number(edges.source[i])),
        wordAt(details.tokens, Number(edges.target[i])),
        influence,
      ]),
    }),
    [details, edges],
  );
  return <DataTable caption="Edges, all heads together" definitions={COLUMNS} table={table} />;
}

/** What the sentence has, and is not shown. */
function LeftOut({ details }: { details: Details }) {
  const { network, settings, words_left_out: words = 0, edges_left_out: edges, edges_stored: stored } = details;
  const notices: string[] = [];
  if (words > 0) {
    const share = Math.round(100 * (details.words_left_out_share ?? 0));
    notices.push(
      `${words} more words have no pattern here: the run kept words by "${settings.words}". They have ${share} % of the absolute influence.`,
    );
  }
  if (network === null || network === undefined) notices.push("The run keeps no edges, so none are drawn.");
  else if (!keepsAll(String(settings.edges), stored ?? 0))
    notices.push(`Edges are ${keptEdges(String(settings.edges))}; weaker ones were not kept.`);
  if (edges)
    notices.push(`${edges.toLocaleString("en")} more edges are stored than are drawn: download the result for them.`);
  return notices.map((notice) => (
    <p key={notice} className="quiet">
      {notice}
    </p>
  ));
}

function topLabel({ settings, correct, wrong, quantity }: Details): string {
  if (settings.question === "logit_difference") return `${correct} − ${wrong}`;
  return settings.question === "similarity" ? "cosine" : quantity;
}
