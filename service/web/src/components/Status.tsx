import style from "./Status.module.css";

const SAYS: Readonly<Record<string, string>> = {
  submitting: "Its sentences are being written into the graph.",
  queued: "It waits for a worker.",
  running: "It is being computed, or written.",
  completed: "All sentences have results.",
  partial: "Some sentences have no results.",
  failed: "It cannot be computed.",
  cancelled: "It was stopped. Its results stay.",
  deleting: "It is being deleted.",
};

/** How a run is: a word, with a mark that does not need colour. */
export function Status({ of }: { of: string }) {
  return (
    <span className={style.status} data-status={of} title={SAYS[of]}>
      {of}
    </span>
  );
}
