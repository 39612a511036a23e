import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { request } from "../../api/client";
import type { components } from "../../api/schema";
import type { EdgeColumns, Hit } from "../layered/figure";
import { path } from "../paths";
import { share } from "../units";
import style from "./SentenceView.module.css";
import { componentName, type Details, flowsOf, type Line, layerName, signed, wordAt } from "./sentence";

type Edge = components["schemas"]["Edge"];

const PAUSE = 150; // milliseconds that the pointer rests on an edge before its heads are asked for
const SHOWN = 6; // heads, or edges of a node

interface Context {
  details: Details;
  lines: readonly Line[];
  edges: EdgeColumns;
  /** Absolute influence of the edges that leave each layer. */
  mass: readonly number[];
  /** The service's address of the sentence. */
  at: string;
}

/** What is told of a node, a line or an edge. */
export function Told({ hit, context }: { hit: Hit; context: Context }) {
  const { details, lines, edges, mass } = context;
  const word = (place: number | string) => wordAt(details.tokens, Number(place));
  if (hit.kind === "node") {
    const flows = flowsOf(edges, hit);
    return (
      <div className={style.told}>
        <strong>
          {word(hit.place)}, {layerName(hit.layer)}
        </strong>
        {lines
          .filter(({ path }) => path[hit.layer] === hit.place)
          .map((line) => (
            <span key={line.position}>
              the pattern of {word(line.position)}: {signed(line.influence)}
            </span>
          ))}
        {flows.slice(0, SHOWN).map((flow) => (
          <span key={`${flow.into} ${flow.other}`} className="quiet">
            {flow.into ? "from" : "to"} {word(flow.other)}: {signed(flow.influence)},{" "}
            {share(Math.abs(flow.influence), mass[hit.layer - (flow.into ? 1 : 0)] ?? 0)} of the layer
          </span>
        ))}
        {flows.length > SHOWN && (
          <span className="quiet">and {flows.length - SHOWN} more edges: pin it to see them</span>
        )}
      </div>
    );
  }
  if (hit.kind === "path") {
    const line = lines.find(({ position }) => `${position}` === hit.path.id);
    if (line === undefined) return null;
    const [from, to] = [line.path[hit.step] ?? 0, line.path[hit.step + 1] ?? 0];
    const component = line.components?.[hit.step];
    return (
      <div className={style.told}>
        <strong>
          the pattern of {word(line.position)}: {signed(line.influence)}
        </strong>
        <span>
          {share(line.influence, line.total)} of the word's influence, {signed(line.total)}
        </span>
        <span>
          here from {word(from)} to {word(to)}, {layerName(hit.step)} to {hit.step + 1}
          {component !== undefined && `, ${componentName(component)}`}
        </span>
      </div>
    );
  }
  return (
    <div className={style.told}>
      <strong>
        {word(hit.source)} to {word(hit.target)}: {signed(hit.influence)}
      </strong>
      <span>
        {layerName(hit.layer)} to {hit.layer + 1}, {share(Math.abs(hit.influence), mass[hit.layer] ?? 0)} of the layer's
        absolute influence
      </span>
      <Heads at={context.at} layer={hit.layer} source={Number(hit.source)} target={Number(hit.target)} />
    </div>
  );
}

function Heads(props: { at: string; layer: number; source: number; target: number }) {
  const { at, layer, source, target } = props;
  const asked = path(at, [], { part: "edges", layer, source, target, strongest: 1000 });
  const rests = useRests(asked);
  const found = useQuery({
    queryKey: [asked],
    queryFn: async ({ signal }): Promise<Edge[]> => {
      const answer = await (await request(asked, { signal })).json();
      return (answer.sentence ?? answer).edges ?? [];
    },
    enabled: rests,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (found.error) return <span className="quiet">Its heads are not known: {found.error.message}.</span>;
  if (found.data === undefined) return <span className="quiet">reading its heads …</span>;
  const rest = found.data.slice(SHOWN);
  return (
    <>
      {found.data.slice(0, SHOWN).map((edge) => (
        <span key={edge.component} className="quiet">
          {componentName(edge.component ?? -1)}: {signed(edge.influence)}
        </span>
      ))}
      {rest.length > 0 && (
        <span className="quiet">
          {rest.length} other heads: {signed(rest.reduce((sum, edge) => sum + edge.influence, 0))}
        </span>
      )}
    </>
  );
}

/** Has this been the same for a moment? */
function useRests(what: string): boolean {
  const [rested, setRested] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setRested(what), PAUSE);
    return () => clearTimeout(timer);
  }, [what]);
  return rested === what;
}
