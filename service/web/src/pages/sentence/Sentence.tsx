import { parseAsString, useQueryState } from "nuqs";
import { Link, useParams } from "react-router";
import { hooks } from "../../api/client";
import { useTitle } from "../../app/title";
import { Downloads } from "../../components/Downloads";
import { PICTURES } from "../../components/downloads";
import { path } from "../../components/paths";
import { curl, Source } from "../../components/Source";
import { Answered, Empty } from "../../components/States";
import { SentenceView } from "../../components/sentence/SentenceView";
import { useChoice } from "../../components/sentence/useChoice";
import { masked } from "../../components/units";
import { Beside } from "./Beside";

const MOST = 100_000; // edges, heads merged

export function Component() {
  const { run = "" } = useParams();
  const [id] = useQueryState("id", parseAsString);
  useTitle(id ?? "Sentence", run);
  if (id === null)
    return (
      <Empty title="No sentence is chosen">
        <Link to={path("/runs", [run])}>The sentences of {run}</Link>
      </Empty>
    );
  return <Chosen run={run} id={id} />;
}

function Chosen({ run, id }: { run: string; id: string }) {
  const [choice] = useChoice();
  const asked = { part: ["words" as const, "patterns" as const, "network" as const], merged: true, strongest: MOST };
  const found = hooks.useQuery("get", "/v1/runs/{run}/sentences/{id}", {
    params: { path: { run, id }, query: asked },
  });
  const at = path("/v1/runs", [run, "sentences", id]);
  const drawn = choice.words.map((word) => `&word=${word}`).join("");
  const name = `${run}-${id}`.replaceAll(/[^\w.-]+/g, "-");
  return (
    <div className="stack">
      <div className="row spread middle">
        <div>
          <p className="quiet">
            <Link to={path("/runs", [run])}>{run}</Link>
            {found.data && found.data.task !== "" && (
              <>
                {" · "}
                <Link
                  to={path("/runs", [run, "aggregate"], { task: found.data.task, case: found.data.case })}
                >{`${found.data.task} ${found.data.case}`}</Link>
              </>
            )}
            {` · ${id}`}
          </p>
          <h1>{found.data ? masked(found.data.text) : "Sentence"}</h1>
        </div>
        <Beside run={run} id={id} />
      </div>
      <Answered query={found} what="Reading the sentence">
        {(details) => <SentenceView key={id} details={details} at={at} name={name} />}
      </Answered>
      {found.data && (
        <div className="stack">
          <div className="row">
            <Downloads
              of="the figure for print"
              name={name}
              path={`${path("/v1/runs", [run, "figures", "sentence"], { id })}${drawn}`}
              formats={PICTURES}
            />
            <Downloads
              of="the result"
              name={name}
              path={`${at}?part=words&part=patterns&part=edges&strongest=${MOST}`}
              formats={{ JSON: ["application/json", "json"] }}
            />
          </div>
          <Source
            language="HTTP"
            of={curl(`${at}?part=words&part=patterns&part=network&merged=true&strongest=${MOST}`)}
          />
        </div>
      )}
    </div>
  );
}
