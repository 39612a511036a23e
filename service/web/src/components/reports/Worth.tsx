import { Link } from "react-router";
import type { components } from "../../api/schema";
import { path } from "../paths";
import { Notice } from "../States";
import { Term } from "../Term";
import { percent } from "../units";

type Inexact = components["schemas"]["Inexact"];

/** What a reader should know before trusting numbers of a run: sentences that are missing, or not exact. */
export function Worth({ run, inexact }: { run: { name: string; status: string }; inexact: Inexact }) {
  const named = (those: [string, number][]) =>
    those.map(([id, error], at) => (
      <span key={id}>
        {at > 0 && ", "}
        <Link to={path("/runs", [run.name, "sentence"], { id })}>{id}</Link> ({percent(error)})
      </span>
    ));
  return (
    <>
      {run.status !== "completed" && (
        <Notice>
          The run {run.name} is {run.status}: sentences are missing, and numbers are of those that there are.
        </Notice>
      )}
      {inexact.count > 0 && (
        <Notice>
          {of(inexact.count, inexact.instances)} of {run.name} have a{" "}
          <Term name="completeness error">completeness error</Term> above {percent(inexact.acceptable)}, so their
          influences should not be trusted as they are. The worst: {named(inexact.worst)}.
        </Notice>
      )}
      {inexact.beyond_tolerance > 0 && (
        <Notice>
          {of(inexact.beyond_tolerance, inexact.instances)} of {run.name} are less exact than the sampling was asked to
          be. The worst: {named(inexact.worst_sampled)}.
        </Notice>
      )}
    </>
  );
}

const of = (count: number, all: number) =>
  `${count.toLocaleString("en")} of ${all.toLocaleString("en")} sentence${all === 1 ? "" : "s"}`;
