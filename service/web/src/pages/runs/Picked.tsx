import { Link } from "react-router";
import type { components } from "../../api/schema";
import { named, path } from "../../components/paths";
import style from "./Runs.module.css";

/** The runs that are picked to be compared; they may be on another page of the list. */
export function Picked(props: { pick: string[]; known: components["schemas"]["Run"][]; clear: () => void }) {
  const { pick, known, clear } = props;
  if (pick.length === 0) return null;
  const shown = pick.map((id) => known.find((run) => run.id === id) ?? { id, name: id.slice(0, 8) });
  const [a, b] = shown.map((run) => (run.name === run.id.slice(0, 8) ? run.id : named(run)));
  return (
    <section className={style.picked} aria-label="Compare">
      {b === undefined ? (
        <span>{shown[0]?.name} is picked. Pick one more to compare the two.</span>
      ) : (
        <Link className="button primary" to={path("/compare", [], { a, b })}>
          Compare {shown.map((run) => run.name).join(" and ")}
        </Link>
      )}
      <button type="button" onClick={clear}>
        Clear
      </button>
    </section>
  );
}
