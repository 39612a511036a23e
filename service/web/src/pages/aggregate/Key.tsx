import { DIFFERENCE, HeadSample, Sample, Key as Samples, SKIP } from "../../components/layered/Key";

/** What the lines of a superposition mean, or of the difference from another one. */
export function Key({ here, there, heads }: { here: string; there: string | null; heads: boolean }) {
  return (
    <Samples>
      <li>
        <Sample ink="positive" /> {there === null ? "patterns of positive words" : `more frequent in ${here}`}
      </li>
      <li>
        {there === null ? <Sample ink="negative" hollow /> : <Sample ink="negative" hollow dash={DIFFERENCE} />}{" "}
        {there === null ? "patterns of negative words" : `more frequent in ${there}`}
      </li>
      {heads && there === null && (
        <li>
          <Sample ink="quiet" dash={SKIP} /> skip connection
        </li>
      )}
      {heads && (
        <li>
          <HeadSample /> head
        </li>
      )}
      <li>width: {there === null ? "share of the sentences" : "difference of the shares"}</li>
    </Samples>
  );
}
