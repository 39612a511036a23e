import { useState } from "react";
import type { Problem } from "../api/problem";
import { download } from "./downloads";
import { Trouble } from "./States";

/** Buttons that save one answer of the service in several formats. */
export function Downloads(props: {
  of: string;
  name: string;
  path: string;
  formats: Readonly<Record<string, readonly [accept: string, ending: string]>>;
  init?: RequestInit;
}) {
  const { of, name, path, formats, init } = props;
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState<string | null>(null);
  const fetchIt = async (format: string, accept: string, ending: string) => {
    setBusy(format);
    setProblem(null);
    try {
      await download(path, accept, `${name}.${ending}`, init);
    } catch (error) {
      setProblem(error as Problem);
    } finally {
      setBusy(null);
    }
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for what is filled in
    <div role="group" aria-label={`Download ${of}`} className="row middle">
      <span className="quiet">Download {of}:</span>
      {Object.entries(formats).map(([format, [accept, ending]]) => (
        <button
          key={format}
          type="button"
          disabled={busy !== null}
          aria-label={`Download ${of} as ${format}`}
          onClick={() => fetchIt(format, accept, ending)}
        >
          {busy === format ? `${format} …` : format}
        </button>
      ))}
      {problem && <Trouble problem={problem} />}
    </div>
  );
}
