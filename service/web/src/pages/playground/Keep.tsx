import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import type { Problem } from "../../api/problem";
import { named, path } from "../../components/paths";
import { Trouble } from "../../components/States";
import { ask, type Question } from "./question";

/** Stores the answer in a run of the graph. */
export function Keep({ question }: { question: Question }) {
  const [name, setName] = useState("playground");
  const keeping = useMutation({
    mutationFn: async () => ask(question, new AbortController().signal, () => undefined, name.trim()),
  });
  const kept = keeping.data?.kept;
  return (
    <form
      className="row"
      onSubmit={(event) => {
        event.preventDefault();
        keeping.mutate();
      }}
    >
      <label>
        Save it to the run
        <input value={name} required maxLength={200} onChange={({ target }) => setName(target.value)} />
      </label>
      <button type="submit" disabled={keeping.isPending}>
        {keeping.isPending ? "Saving …" : "Save"}
      </button>
      {kept && (
        <p role="status">
          Saved:{" "}
          <Link
            to={path("/runs", [named({ id: kept.run, name: kept.name }), "sentence"], {
              id: keeping.data?.sentence?.id,
            })}
          >
            the sentence in {kept.name}
          </Link>
        </p>
      )}
      {keeping.error && <Trouble problem={keeping.error as Problem} />}
    </form>
  );
}
