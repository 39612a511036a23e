/** The place that a problem names, such as "line 2, column 8". */
export function placeOf(where: string | undefined): { line: number; column: number } | null {
  const found = /^line (\d+), column (\d+)$/.exec(where ?? "");
  return found === null ? null : { line: Number(found[1]), column: Number(found[2]) };
}
