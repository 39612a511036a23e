export type Kind = "text" | "number" | "JSON";

/** A parameter as it stands in the form. */
export interface Written {
  kind: Kind;
  text: string;
}

const HIDDEN = /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`[^`]*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;

/** The names of a query's parameters, each once, in the order in which they appear. */
export function parametersOf(query: string): string[] {
  const bare = query.replace(HIDDEN, (part) => (part.startsWith("`") && part.length > 2 ? part : " "));
  const named = [...bare.matchAll(/\$(?:([\p{L}_][\p{L}\p{N}_]*)|`([^`]+)`)/gu)];
  return [...new Set(named.map((each) => each[1] ?? (each[2] as string)))];
}

/** What a value is written as. */
export function write(value: unknown): Written {
  if (typeof value === "string") return { kind: "text", text: value };
  if (typeof value === "number") return { kind: "number", text: String(value) };
  return { kind: "JSON", text: JSON.stringify(value) };
}

/** The value that is written; throws what is wrong with it, in words. */
export function read({ kind, text }: Written): unknown {
  if (kind === "text") return text;
  if (kind === "number") {
    const value = Number(text);
    if (text.trim() === "" || !Number.isFinite(value)) throw new Error("This is no number.");
    return value;
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('This is no JSON, such as ["a", "b"] or null.');
  }
}
