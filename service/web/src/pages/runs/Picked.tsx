import { Link } from "react-router";
import { hooks } from "../../api/client";
import type { components } from "../../api/schema";
import { named, path } from "../../components/paths";
import style from "./Runs.module.css";

type Run = Pick<components["schemas"]["Run"], "id" | "name">;

/** The runs that are picked to be compared; they may be on another page of the list. */
export function Picked(props: { pick: string[]; known: Run[]; clear: () => void }) {
  const { pick, known, clear } = props;
  const first = useRun(pick[0], known);
  const second = useRun(pick[1], known);
  if (first === null) return null;
  return (
    <section className={style.picked} aria-label="Compare">
      {second === null ? (
        <span>{first.name} is picked. Pick one more to compare the two.</span>
      ) : (
        <Link className="button primary" to={path("/compare", [], { a: named(first), b: named(second) })}>
          Compare {first.name} and {second.name}
        </Link>
      )}
      <button type="button" onClick={clear}>
        Clear
      </button>
    </section>
  );
}

/** A run that is picked: of the list where it is there, or else asked for; by its id until its name is known. */
function useRun(id: string | undefined, known: Run[]): Run | null {
  const listed = known.find((run) => run.id === id);
  const params = { path: { run: id ?? "" } };
  const asked = hooks.useQuery("get", "/v1/runs/{run}", { params }, { enabled: id !== undefined && !listed });
  if (id === undefined) return null;
  return listed ?? asked.data ?? { id, name: id };
}
