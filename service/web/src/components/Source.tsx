import { useState } from "react";
import style from "./Source.module.css";

/** The request, or the Cypher, that gives what is shown; to be copied. */
export function Source({ of, language, what = "this" }: { of: string; language: "HTTP" | "Cypher"; what?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(of);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <details className={style.source}>
      <summary>{`The ${language === "HTTP" ? "request" : "Cypher"} that gives ${what}`}</summary>
      <div className={style.code}>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
        <pre tabIndex={0}>{of}</pre>
        <button type="button" onClick={copy}>
          {copied ? "Copied" : "Copy"}
        </button>
      </div>
    </details>
  );
}

/** A GET request as a command. */
export const curl = (path: string) => `curl '${location.origin}${path}'`;
