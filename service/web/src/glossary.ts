import text from "../../../docs/glossary.md?raw";

/** The project's glossary: every term's definition, in plain text, by its name in lower case. */
const DEFINITIONS: ReadonlyMap<string, string> = new Map(read(text));

/** The terms of entries such as "- **Post-LN, pre-LN**: whether …", each with the definition. */
export function* read(markdown: string): Generator<[string, string]> {
  const entries = markdown.split(/^(?=- \*\*|#)/m).filter((part) => part.startsWith("- **"));
  for (const entry of entries) {
    const found = /^- \*\*(.+?)\*\*([\s\S]*)$/.exec(entry.trim());
    if (found === null) continue;
    const [, names = "", rest = ""] = found;
    const definition = plain(rest).replace(/^[^:]*?:\s*/, "");
    for (const name of plain(names).split(/,\s+/)) yield [name.toLowerCase(), definition];
  }
}

function plain(markdown: string): string {
  return markdown
    .replace(/\[([^\]]+)\]\([^)]*\)/g, "$1")
    .replace(/\\([[\]])/g, "$1")
    .replace(/[*`]/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** What a term means; undefined of what the glossary does not have. */
export const define = (name: string): string | undefined => DEFINITIONS.get(name.toLowerCase());
