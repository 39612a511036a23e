import { memo, type Ref } from "react";
import type { Node, NodeMark, Place, PlaceId } from "./figure";
import { cut, type Layout, x, y } from "./layout";
import { type Drawn, trace } from "./scene";

const RIM = 1.1; // pixels of a hollow line

export interface MarksProps {
  layout: Layout;
  places: readonly Place[];
  columnOf: ReadonlyMap<PlaceId, number>;
  top: { place: PlaceId; label: string } | undefined;
  drawn: readonly Drawn[];
  marks: readonly NodeMark[];
  pinned: readonly Node[];
  clip: string;
  zoomed: Ref<SVGGElement>;
  across: Ref<SVGGElement>;
  up: Ref<SVGGElement>;
}

/** What is drawn as SVG: nodes, lines, the box at the top; and the labels of both axes, which a zoom moves by itself. */
export const Marks = memo(function Marks(props: MarksProps) {
  const { layout, places, columnOf, top, drawn, marks, pinned, clip, zoomed, across, up } = props;
  const at = (node: Node) => ({ cx: x(layout, columnOf.get(node.place) ?? -1), cy: y(layout, node.layer) });
  const known = (node: Node) => columnOf.has(node.place);
  const layers = Array.from({ length: layout.layers + 1 }, (_, layer) => layer);
  return (
    <>
      <clipPath id={clip}>
        <rect {...layout.frame} />
      </clipPath>
      <g clipPath={`url(#${clip})`}>
        <g ref={zoomed} data-zoomed="">
          <Dots layout={layout} columns={places.length} />
          {visited(drawn).map(([layer, column]) => (
            <circle
              key={`${layer} ${column}`}
              cx={x(layout, column)}
              cy={y(layout, layer)}
              r={Math.min(9, 0.4 * layout.column)}
              fill="var(--line)"
            />
          ))}
          {marks.filter(known).map((node) => (
            <circle key={`${node.layer} ${node.place}`} {...at(node)} r={node.radius} fill="var(--quiet)" />
          ))}
          {drawn.map((each) => (
            <Line key={each.path.id} drawn={each} />
          ))}
          {drawn.map((each) => (
            <Labels key={each.path.id} drawn={each} layout={layout} />
          ))}
          {pinned.filter(known).map((node) => (
            <circle
              key={`${node.layer} ${node.place}`}
              {...at(node)}
              r={11}
              fill="none"
              stroke="var(--ink)"
              strokeWidth={2.5}
              data-pinned=""
            />
          ))}
          {top !== undefined && columnOf.has(top.place) && (
            <Top layout={layout} label={top.label} at={x(layout, columnOf.get(top.place) as number)} />
          )}
        </g>
      </g>
      <g ref={across} data-axis="places" fontSize={12} fill="var(--ink)">
        {places.map((place) => (
          <text
            key={place.id}
            fontWeight={place.bold ? 700 : 400}
            textAnchor={layout.labels === "flat" ? "middle" : "end"}
            data-always={place.bold ? "" : undefined}
          >
            {cut(place.label)}
          </text>
        ))}
      </g>
      <g ref={up} data-axis="layers" fontSize={11.5} fill="var(--quiet)" textAnchor="end">
        {layers.map((layer) => (
          <text key={layer}>{layerLabel(layer, layout.width < 600)}</text>
        ))}
      </g>
    </>
  );
});

const layerLabel = (layer: number, short: boolean) =>
  layer === 0 ? (short ? "emb." : "embedding") : short ? `${layer}` : `layer ${layer}`;

/** Every node, faintly: one line of dots a layer. */
function Dots({ layout, columns }: { layout: Layout; columns: number }) {
  const dots: string[] = [];
  for (let layer = 0; layer <= layout.layers; layer++)
    for (let column = 0; column < columns; column++)
      dots.push(`M${x(layout, column).toFixed(1)} ${y(layout, layer).toFixed(1)}h0`);
  return <path d={dots.join("")} stroke="var(--quiet)" strokeOpacity={0.55} strokeWidth={4} strokeLinecap="round" />;
}

function visited(drawn: readonly Drawn[]): [layer: number, column: number][] {
  const found = new Map<string, [number, number]>();
  for (const { from, columns } of drawn)
    columns.forEach((column, step) => void found.set(`${from + step} ${column}`, [from + step, column]));
  return [...found.values()];
}

function Line({ drawn: { path, segments } }: { drawn: Drawn }) {
  const colour = path.colour ?? (path.sign > 0 ? "var(--positive)" : "var(--negative)");
  return (
    <g fill="none" strokeLinejoin="round" data-path={path.id}>
      {segments.map((segment, step) => {
        const dash = path.steps?.[step]?.dash ?? "solid";
        const d = trace(segment.line);
        const key = `${step}`;
        return (
          <g key={key} strokeLinecap={dash === "dashed" ? "butt" : "round"}>
            <path d={d} stroke="var(--paper)" strokeWidth={path.width + 1.5} strokeLinecap="butt" />
            <path d={d} stroke={colour} strokeWidth={path.width} strokeDasharray={dashes(dash, path.width)} />
            {path.sign < 0 && path.width > 2 * RIM && (
              <path
                d={d}
                stroke="var(--paper)"
                strokeWidth={path.width - 2 * RIM}
                strokeDasharray={dashes(dash, path.width)}
              />
            )}
          </g>
        );
      })}
    </g>
  );
}

function dashes(dash: "solid" | "dotted" | "dashed", width: number): string | undefined {
  if (dash === "solid") return undefined;
  return dash === "dotted" ? `0.01 ${1.6 * width}` : `${2.5 * width} ${1.5 * width}`;
}

function Labels({ drawn: { path, segments, badges }, layout }: { drawn: Drawn; layout: Layout }) {
  const colour = path.colour ?? (path.sign > 0 ? "var(--positive)" : "var(--negative)");
  const [fx, fy] = segments[0]?.start ?? [0, 0];
  return (
    <g textAnchor="middle" fill="var(--ink)">
      {badges.map((spot, step) => {
        const key = `${step}`;
        return (
          spot !== null && (
            <g key={key}>
              <circle cx={spot[0]} cy={spot[1]} r={7} fill="var(--paper)" stroke={colour} strokeWidth={1.2} />
              <text x={spot[0]} y={spot[1] + 3} fontSize={9}>
                {path.steps?.[step]?.label}
              </text>
            </g>
          )
        );
      })}
      {path.foot !== undefined && (
        <>
          <circle
            cx={fx}
            cy={fy}
            r={7}
            fill={path.sign > 0 ? colour : "var(--paper)"}
            stroke={colour}
            strokeWidth={1.8}
          />
          <text x={fx} y={fy + 4} fontSize={12} fontWeight={700} fill={path.sign > 0 ? "var(--paper)" : "var(--ink)"}>
            {path.sign > 0 ? "+" : "−"}
          </text>
          {layout.column > 30 && (
            <text x={fx} y={fy + 22} fontSize={10}>
              {path.foot}
            </text>
          )}
        </>
      )}
    </g>
  );
}

function Top({ layout, label, at }: { layout: Layout; label: string; at: number }) {
  const wide = Math.max(44, 7.4 * label.length + 18);
  const least = layout.frame.x + 2; // what is left of the frame is not seen
  const left = Math.min(Math.max(at - wide / 2, least), Math.max(least, layout.width - wide - 4));
  return (
    <g>
      <rect
        x={left}
        y={layout.top - 22}
        width={wide}
        height={24}
        rx={5}
        fill="var(--paper)"
        stroke="var(--ink)"
        strokeWidth={1}
      />
      <text x={left + wide / 2} y={layout.top - 5.5} fontSize={12.5} textAnchor="middle" fill="var(--ink)">
        {label}
      </text>
    </g>
  );
}
