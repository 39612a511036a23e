/** What of the editor's package is used; its own declarations lie where its exports do not lead. */
declare module "@neo4j-cypher/react-codemirror" {
  import type { Extension } from "@codemirror/state";
  import type { EditorView } from "@codemirror/view";
  import type { ComponentType } from "react";

  export interface Schema {
    labels: string[];
    relationshipTypes: string[];
    propertyKeys: string[];
    functions: { name: string; signature: string }[];
    parameters: string[];
  }

  export const CypherEditor: ComponentType<{
    value: string;
    schema: Schema;
    className: string | undefined;
    autofocus: boolean;
    autofocusProps: string[];
    lint: boolean;
    lineWrapping: boolean;
    tabKey: boolean;
    tooltipAbsolute: boolean;
    lineNumberFormatter: (line: number) => string;
    theme: "light" | "dark" | "auto";
    preExtensions: Extension[];
    onValueChanged: (value: string) => void;
    onEditorCreated: (editor: { codemirror: EditorView }) => void;
  }>;
}
