import { useEffect, useState } from "react";
import { follow, type Progress } from "./events";
import type { Problem } from "./problem";

export const ENDED: readonly string[] = ["completed", "partial", "cancelled", "failed", "deleting"];

/** A job's progress for as long as it runs and somebody looks; `ended` is told once it has ended. */
export function useProgress(run: string, runs: boolean, ended: () => void): [Progress | null, Problem | null] {
  const [progress, setProgress] = useState<Progress | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is told of the end is a function of each rendering
  useEffect(() => {
    if (!runs) return;
    setProgress(null); // of the time before it was resumed
    let stream = new AbortController();
    const read = async () => {
      stream.abort();
      stream = new AbortController();
      const { signal } = stream;
      try {
        for await (const event of follow(run, signal)) {
          setProgress(event);
          if (ENDED.includes(event.status)) ended();
        }
      } catch (error) {
        if (!signal.aborted) setProblem(error as Problem);
      }
    };
    // A browser has few connections to a service: a page that nobody sees takes none.
    const look = () => (document.hidden ? stream.abort() : read());
    look();
    document.addEventListener("visibilitychange", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      stream.abort();
    };
  }, [run, runs]);
  return [progress, problem];
}
