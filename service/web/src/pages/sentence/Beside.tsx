import { useQuery } from "@tanstack/react-query";
import { useOptimisticSearchParams } from "nuqs/adapters/react-router/v8";
import { Link } from "react-router";
import { api } from "../../api/client";

const PAGE = 1000;
const PAGES = 20; // that are looked through for a sentence

interface Neighbours {
  before: string | null;
  after: string | null;
  /** Was it found among the first? */
  known: boolean;
}

/** The sentences before and after one, in the order of the run's input. */
async function neighbours(run: string, id: string, signal: AbortSignal): Promise<Neighbours> {
  let before: string | null = null;
  let cursor: string | undefined;
  let found = false;
  for (let page = 0; page < PAGES; page++) {
    const query = { limit: PAGE, ...(cursor !== undefined && { cursor }) };
    const { data } = await api.GET("/v1/runs/{run}/sentences", { params: { path: { run }, query }, signal });
    for (const sentence of data?.sentences ?? []) {
      if (found) return { before, after: sentence.id, known: true };
      if (sentence.id === id) found = true;
      else before = sentence.id;
    }
    if (data?.next == null) return { before: found ? before : null, after: null, known: found };
    cursor = data.next;
  }
  return { before: null, after: null, known: false };
}

/** Links to the sentences before and after; what is chosen for the figure stays. */
export function Beside({ run, id }: { run: string; id: string }) {
  // What was chosen a moment ago is not known to the router.
  const params = useOptimisticSearchParams();
  const found = useQuery({
    queryKey: ["neighbours", run, id],
    queryFn: ({ signal }) => neighbours(run, id, signal),
  });
  const to = (other: string) => {
    const next = new URLSearchParams(params);
    next.set("id", other);
    for (const name of ["words", "pin"]) next.delete(name);
    return `?${next}`;
  };
  if (found.data === undefined) return null;
  const { before, after, known } = found.data;
  if (!known)
    return <span className="quiet">It is not among the first {(PAGE * PAGES).toLocaleString("en")} sentences.</span>;
  return (
    <nav className="row" aria-label="Sentences">
      {before !== null && (
        <Link className="button" to={to(before)} rel="prev">
          Previous
        </Link>
      )}
      {after !== null && (
        <Link className="button" to={to(after)} rel="next">
          Next
        </Link>
      )}
    </nav>
  );
}
