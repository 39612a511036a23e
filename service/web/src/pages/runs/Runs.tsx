import { debounce, parseAsArrayOf, parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { Link } from "react-router";
import { hooks } from "../../api/client";
import { ENDED } from "../../api/useProgress";
import { useTitle } from "../../app/title";
import { path } from "../../components/paths";
import { curl, Source } from "../../components/Source";
import { Answered, Empty } from "../../components/States";
import { Picked } from "./Picked";
import { Row } from "./Row";
import style from "./Runs.module.css";

const PAGE = 25;
const FOLLOWED = 3;
const SOON = 3000;
const LATER = 15_000;
const STATUSES = [
  "queued",
  "running",
  "completed",
  "partial",
  "failed",
  "cancelled",
  "submitting",
  "deleting",
] as const;

const ADDRESS = {
  text: parseAsString.withDefault(""),
  status: parseAsStringLiteral(STATUSES),
  cursor: parseAsString.withOptions({ history: "push" }),
  pick: parseAsArrayOf(parseAsString).withDefault([]),
};

export function Component() {
  useTitle("Runs");
  const [{ text, status, cursor, pick }, set] = useQueryStates(ADDRESS);
  const asked = { limit: PAGE, text, ...(status && { status }), ...(cursor && { cursor }) };
  const runs = hooks.useQuery(
    "get",
    "/v1/runs",
    { params: { query: asked } },
    {
      // What runs changes, and so does what others do; and whoever waits for the service sees when it is back.
      refetchInterval: ({ state }) => (state.data?.runs.some((run) => !ENDED.includes(run.status)) ? SOON : LATER),
      placeholderData: (before) => before,
    },
  );
  const filtered = text !== "" || status !== null;
  const running = runs.data?.runs.filter((run) => run.sentences !== null && !ENDED.includes(run.status)) ?? [];
  const followed = new Set(running.slice(0, FOLLOWED).map((run) => run.id));
  return (
    <div className="stack">
      <div className="row spread middle">
        <h1>Runs</h1>
        <Link to="/runs/new" className="button primary">
          New job
        </Link>
      </div>
      <search className="row">
        <label>
          Name or model
          <input
            type="search"
            value={text}
            onChange={(event) =>
              set({ text: event.target.value || null, cursor: null }, { limitUrlUpdates: debounce(250) })
            }
          />
        </label>
        <label>
          Status
          <select
            value={status ?? ""}
            onChange={(event) => set({ status: (event.target.value || null) as typeof status, cursor: null })}
          >
            <option value="">All</option>
            {STATUSES.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
        {filtered && (
          <button type="button" onClick={() => set({ text: null, status: null, cursor: null })}>
            Show all
          </button>
        )}
      </search>
      <Answered query={runs} what="Reading the runs">
        {(page) =>
          page.runs.length === 0 ? (
            <Nothing filtered={filtered} />
          ) : (
            <>
              <ul className={style.runs} aria-label="Runs, the newest first">
                <li className={style.names} aria-hidden="true">
                  <span>Compare</span>
                  <span>Run</span>
                  <span>Status</span>
                  <span>Sentences</span>
                  <span>Right</span>
                  <span>Created</span>
                  <span />
                </li>
                {page.runs.map((run) => (
                  <Row
                    key={run.id}
                    run={run}
                    follow={followed.has(run.id)}
                    picked={pick.includes(run.id)}
                    full={pick.length === 2}
                    choose={(chosen) =>
                      set({ pick: chosen ? [...pick, run.id] : pick.filter((each) => each !== run.id) })
                    }
                  />
                ))}
              </ul>
              {(cursor || page.next) && (
                <nav className="row middle" aria-label="More runs">
                  {cursor && (
                    <button type="button" onClick={() => set({ cursor: null })}>
                      Newest
                    </button>
                  )}
                  {page.next && (
                    <button type="button" onClick={() => set({ cursor: page.next })}>
                      Older
                    </button>
                  )}
                </nav>
              )}
            </>
          )
        }
      </Answered>
      <Picked pick={pick} known={runs.data?.runs ?? []} clear={() => set({ pick: null })} />
      <Source language="HTTP" of={curl(path("/v1/runs", [], asked))} />
    </div>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  if (filtered) return <Empty title="No run matches">Change the name or the status, or show all.</Empty>;
  return (
    <Empty title="There are no runs yet">
      A run is one model with one choice of settings on many sentences. <Link to="/runs/new">Submit a job</Link>, and
      workers compute it; or try one sentence in the <Link to="/playground">playground</Link>.
    </Empty>
  );
}
