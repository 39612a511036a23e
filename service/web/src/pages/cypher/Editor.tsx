import { Prec } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { CypherEditor, type Schema } from "@neo4j-cypher/react-codemirror";
import { useEffect, useMemo, useRef, useState } from "react";
import style from "./Editor.module.css";
import { markMistake, mistakes } from "./mistake";
import { replacing } from "./replacing";
import { words } from "./words";

/** Cypher with its colours, completion by what the graph holds, and a mark where a mistake is. */
export default function Editor(props: {
  value: string;
  change: (value: string) => void;
  run: () => void;
  schema: Schema;
  mistake: { line: number; column: number } | null;
}) {
  const { value, change, run, schema, mistake } = props;
  const [view, setView] = useState<EditorView | null>(null);
  const running = useRef(run);
  running.current = run;
  const extensions = useMemo(
    () => [
      // The policy of this page lets only styles in that carry its nonce.
      EditorView.cspNonce.of(document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce ?? ""),
      EditorView.contentAttributes.of({ "aria-label": "Cypher query", spellcheck: "false" }),
      Prec.highest(
        keymap.of([
          {
            key: "Mod-Enter",
            run: () => {
              running.current();
              return true;
            },
          },
        ]),
      ),
      mistakes(style.mistake as string, style.line as string),
      words(style.word as string),
      replacing,
    ],
    [],
  );
  useEffect(() => {
    if (view !== null) markMistake(view, mistake);
  }, [view, mistake]);
  return (
    <CypherEditor
      value={value}
      schema={schema}
      className={style.editor}
      autofocus={false}
      autofocusProps={[]}
      // Its own grammar is older than Neo4j 5: what is a mistake, the server says.
      lint={false}
      lineWrapping
      // Tab leads on, as everywhere on the page.
      tabKey={false}
      theme="auto"
      tooltipAbsolute={false}
      lineNumberFormatter={String}
      preExtensions={extensions}
      onValueChanged={change}
      onEditorCreated={(editor) => setView(editor.codemirror)}
    />
  );
}
