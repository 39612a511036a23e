/** What names a run in an address: its name, where an address can hold it as it is, else its id. */
export const named = (run: { id: string; name: string }): string =>
  /^[\w.-]+$/.test(run.name) && !["new", ".", ".."].includes(run.name) ? run.name : run.id;

/** The address of a page of a run, or of something of the service: `path("/runs", [name, "sentence"], {id})`. */
export function path(
  base: string,
  parts: readonly string[] = [],
  query: Readonly<Record<string, string | number | null | undefined>> = {},
): string {
  const known = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const asked = new URLSearchParams(known.map(([name, value]) => [name, String(value)]));
  const address = [base, ...parts.map(encodeURIComponent)].join("/");
  return known.length === 0 ? address : `${address}?${asked}`;
}
