import type { EdgeColumns } from "../layered/figure";
import { HeadSample, Sample, Key as Samples, SKIP } from "../layered/Key";
import { counted } from "../units";

/** What the lines of a sentence's figure mean, and how many there are. */
export function Key({ edges, drawn }: { edges: EdgeColumns; drawn: number }) {
  return (
    <Samples>
      <li>
        <Sample ink="positive" /> positive
      </li>
      <li>
        <Sample ink="negative" hollow /> negative
      </li>
      <li>
        <Sample ink="quiet" dash={SKIP} /> skip connection
      </li>
      <li>
        <HeadSample /> head
      </li>
      <li>
        <Sample ink="positive" width={1.2} />
        <Sample ink="negative" width={1.2} dash="5 3" /> edges, all heads together
      </li>
      <li className="quiet">
        {counted(drawn, "pattern")}, {counted(edges.influence.length, "edge")}
      </li>
    </Samples>
  );
}
