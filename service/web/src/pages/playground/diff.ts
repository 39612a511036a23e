/** Which token of one sentence is which of another: those alike in order, and what stands in their place between. */
export function align(now: readonly string[], before: readonly string[]): Map<number, number> {
  const [rows, columns] = [now.length + 1, before.length + 1];
  const longest = Array.from({ length: rows }, () => new Uint32Array(columns)); // common from here to the ends
  const at = (i: number, j: number) => longest[i]?.[j] ?? 0;
  for (let i = rows - 2; i >= 0; i--)
    for (let j = columns - 2; j >= 0; j--)
      (longest[i] as Uint32Array)[j] =
        now[i] === before[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const found = new Map<number, number>();
  let [i, j] = [0, 0];
  while (i < now.length || j < before.length) {
    const [gapI, gapJ] = [i, j];
    while (i < now.length || j < before.length) {
      if (i < now.length && j < before.length && now[i] === before[j]) break;
      if (j >= before.length || (i < now.length && at(i + 1, j) >= at(i, j + 1))) i++;
      else j++;
    }
    if (i - gapI === j - gapJ) for (let k = 0; k < i - gapI; k++) found.set(gapI + k, gapJ + k);
    if (i < now.length && j < before.length) found.set(i++, j++);
  }
  return found;
}
