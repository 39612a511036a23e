import { memo, useMemo, useRef, useState } from "react";
import { DataTable, text } from "../../components/DataTable";
import { savePng, saveSvg } from "../../components/pictures";
import { counted } from "../../components/units";
import style from "./Graph.module.css";
import { layout, type Placed } from "./layout";
import { asSvg } from "./picture";
import { called, type GraphEdge, type GraphNode } from "./values";

const NODES = 300;
const EDGES = 1500;
const TONES = 8;
const NAME = 18; // characters

/** Nodes and relationships of an answer, as a picture and as tables. */
export function Graph({ nodes, edges }: { nodes: GraphNode[]; edges: GraphEdge[] }) {
  const svg = useRef<SVGSVGElement>(null);
  const [chosen, choose] = useState<string | null>(null);
  const shown = useMemo(() => cut(nodes, edges), [nodes, edges]);
  const placed = useMemo(() => layout(shown.nodes, shown.edges), [shown]);
  const labels = useMemo(() => [...new Set(shown.nodes.map(kindOf))].sort(), [shown]);
  const left = { nodes: nodes.length - shown.nodes.length, edges: edges.length - shown.edges.length };
  const look = (target: EventTarget) => {
    const id = (target as Element).closest("[data-id]")?.getAttribute("data-id");
    if (id) choose(id);
  };
  return (
    <section className="stack" aria-label="Graph of the answer">
      <div className="row spread middle">
        <ul className={style.legend} aria-label="Labels">
          {labels.map((label, index) => (
            <li key={label} data-tone={index % TONES} className={style.tone}>
              {label}
            </li>
          ))}
          {shown.edges.some(isNegative) && <li className={style.negative}>negative influence</li>}
        </ul>
        <div className="row middle">
          {(["SVG", "PNG"] as const).map((form) => (
            <button
              key={form}
              type="button"
              aria-label={`Save the graph as ${form}`}
              onClick={() => svg.current && { SVG: saveSvg, PNG: savePng }[form](asSvg(svg.current), "graph")}
            >
              {form}
            </button>
          ))}
        </div>
      </div>
      {(left.nodes > 0 || left.edges > 0) && (
        <p role="note">
          Drawn are {counted(shown.nodes.length, "node")} and {counted(shown.edges.length, "relationship")};{" "}
          {counted(left.nodes, "node")} and {counted(left.edges, "relationship")} are left out of the picture. The table
          has all; a narrower query draws all.
        </p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section className={style.frame} tabIndex={0} aria-label="The picture; tables of the same stand below">
        <svg
          ref={svg}
          width={placed.width}
          height={placed.height}
          viewBox={`0 0 ${placed.width} ${placed.height}`}
          role="img"
          aria-label={`${counted(shown.nodes.length, "node")} and ${counted(shown.edges.length, "relationship")}`}
          onPointerOver={(event) => look(event.target)}
          onPointerDown={(event) => look(event.target)}
        >
          <Marks nodes={shown.nodes} edges={shown.edges} placed={placed} labels={labels} />
          {chosen !== null && <Ring at={placed.at.get(chosen)} />}
        </svg>
      </section>
      <Properties of={[...shown.nodes, ...shown.edges].find((each) => each.id === chosen)} />
      <details>
        <summary>The same as tables</summary>
        <Tables nodes={nodes} edges={edges} />
      </details>
    </section>
  );
}

const isNegative = (edge: GraphEdge) => Number(edge.properties.influence) < 0;

const kindOf = (node: GraphNode) => node.labels.join(":") || "(not in the answer)";

function cut(nodes: GraphNode[], edges: GraphEdge[]) {
  const kept = nodes.slice(0, NODES);
  const known = new Set(kept.map((node) => node.id));
  const between = edges.filter((edge) => known.has(edge.source) && known.has(edge.target));
  return { nodes: kept, edges: between.slice(0, EDGES) };
}

/** All that does not change while a pointer moves. */
const Marks = memo(function Marks(props: { nodes: GraphNode[]; edges: GraphEdge[]; placed: Placed; labels: string[] }) {
  const { nodes, edges, placed, labels } = props;
  return (
    <>
      <defs>
        <marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">
          <path d="M0 1L8 4L0 7z" fill="var(--quiet)" />
        </marker>
      </defs>
      <g fill="none" strokeWidth="1.3">
        {edges.map((edge) => {
          const negative = isNegative(edge);
          return (
            <path
              key={edge.id}
              data-id={edge.id}
              d={line(placed.at.get(edge.source), placed.at.get(edge.target))}
              stroke={negative ? "var(--negative)" : "var(--quiet)"}
              strokeOpacity="0.65"
              strokeDasharray={negative ? "5 3" : undefined}
              markerEnd="url(#arrow)"
            />
          );
        })}
      </g>
      <g fontSize="12" fontFamily="sans-serif">
        {nodes.map((node) => {
          const at = placed.at.get(node.id);
          const name = called(node);
          return (
            at && (
              <g key={node.id} data-id={node.id} transform={`translate(${at.x} ${at.y})`}>
                <circle r="8" fill={`var(--tone-${labels.indexOf(kindOf(node)) % TONES})`} stroke="var(--paper)" />
                <text x="12" y="-8" fill="var(--ink)" stroke="var(--paper)" strokeWidth="3" paintOrder="stroke">
                  {name.length > NAME ? `${name.slice(0, NAME - 1)}…` : name}
                </text>
              </g>
            )
          );
        })}
      </g>
    </>
  );
});

/** A curve that ends at the rim of its node; beside the column where both are in one, and a loop where both are one. */
function line(from?: { x: number; y: number }, to?: { x: number; y: number }): string {
  if (from === undefined || to === undefined) return "";
  if (from === to) return `M${from.x - 5} ${from.y - 7}c-22 -26 22 -26 9 -1`;
  if (from.x === to.x) {
    const bend = from.x - Math.min(70, 24 + Math.abs(to.y - from.y) / 4);
    return `M${from.x - 8} ${from.y}C${bend} ${from.y} ${bend} ${to.y} ${to.x - 9} ${to.y}`;
  }
  const side = to.x > from.x ? 1 : -1;
  const middle = (from.x + to.x) / 2;
  return `M${from.x + 8 * side} ${from.y}C${middle} ${from.y} ${middle} ${to.y} ${to.x - 9 * side} ${to.y}`;
}

const Ring = ({ at }: { at: { x: number; y: number } | undefined }) =>
  at === undefined ? null : <circle cx={at.x} cy={at.y} r="11" fill="none" stroke="var(--accent)" strokeWidth="2.5" />;

function Properties({ of }: { of: GraphNode | GraphEdge | undefined }) {
  if (of === undefined) return <p className="quiet">Point at a node or a relationship to read its properties.</p>;
  return (
    <div className={style.properties}>
      <strong>{"labels" in of ? kindOf(of) : of.type}</strong>
      <dl>
        {Object.entries(of.properties).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text(value)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Tables({ nodes, edges }: { nodes: GraphNode[]; edges: GraphEdge[] }) {
  const names = new Map(nodes.map((node) => [node.id, called(node)]));
  const fields = (...all: string[]) => all.map((name) => ({ name, type: "string" }));
  return (
    <div className="stack">
      <DataTable
        caption="Nodes"
        table={{
          fields: fields("label", "name", "properties"),
          values: nodes.map((node) => [kindOf(node), called(node), JSON.stringify(node.properties)]),
        }}
      />
      <DataTable
        caption="Relationships"
        table={{
          fields: fields("from", "type", "to", "properties"),
          values: edges.map((edge) => [
            names.get(edge.source),
            edge.type,
            names.get(edge.target),
            JSON.stringify(edge.properties),
          ]),
        }}
      />
    </div>
  );
}
