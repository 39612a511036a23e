import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import type { Problem } from "../api/problem";
import { ENDED } from "../api/useProgress";
import { Dialog } from "./Dialog";
import { Trouble } from "./States";
import { counted } from "./units";

interface Subject {
  id: string;
  name: string;
  status: string;
  instances: number;
  sentences: number | null;
}

const RESUMABLE = ["cancelled", "partial", "failed"];

/** What can be done with a run: a job is stopped or goes on; any run is deleted, once more is asked. */
export function RunActions({ run, deleted }: { run: Subject; deleted?: () => void }) {
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [asking, ask] = useState(false);
  const act = async (what: () => Promise<unknown>, then?: () => void) => {
    setBusy(true);
    setProblem(null);
    try {
      await what();
      ask(false);
      then?.();
      await queries.invalidateQueries();
    } catch (error) {
      setProblem(error as Problem);
    } finally {
      setBusy(false);
    }
  };
  const params = { path: { run: run.id } };
  const isJob = run.sentences !== null;
  return (
    <>
      <div className="row middle">
        {isJob && !ENDED.includes(run.status) && (
          <button
            type="button"
            disabled={busy}
            aria-label={`Cancel ${run.name}`}
            onClick={() => act(() => api.POST("/v1/jobs/{run}/cancel", { params }))}
          >
            Cancel
          </button>
        )}
        {isJob && RESUMABLE.includes(run.status) && (
          <button
            type="button"
            disabled={busy}
            aria-label={`Resume ${run.name}`}
            onClick={() => act(() => api.POST("/v1/jobs/{run}/resume", { params }))}
          >
            Resume
          </button>
        )}
        <button
          type="button"
          className="danger"
          disabled={busy}
          aria-label={`Delete ${run.name}`}
          onClick={() => ask(true)}
        >
          Delete
        </button>
      </div>
      {problem && !asking && <Trouble problem={problem} />}
      {asking && (
        <Dialog title={`Delete the run “${run.name}”?`} close={() => ask(false)}>
          <p>
            {counted(run.instances, "sentence")} with results will be gone from the graph. This cannot be undone; export
            the results first if they may be needed.
          </p>
          {problem && <Trouble problem={problem} />}
          {busy && <progress aria-label={`Deleting ${run.name}`} />}
          <div className="row middle">
            <button
              type="button"
              className="danger"
              disabled={busy}
              onClick={() => act(() => api.DELETE("/v1/runs/{run}", { params }), deleted)}
            >
              Delete it
            </button>
            <button type="button" disabled={busy} onClick={() => ask(false)}>
              Keep it
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
