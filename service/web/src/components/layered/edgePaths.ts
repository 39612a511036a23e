import { type EdgeIndex, ends } from "./edges";
import type { Layout } from "./layout";
import { alpha, DASHED, DASHES, isNegative, thickness } from "./paint";

/** One path for each shade, the faintest first. */
export function* edgePaths(edges: EdgeIndex, layout: Layout, k: number): Generator<string> {
  const lines = new Map<number, string[]>();
  for (const index of edges.order) {
    const shade = edges.shade[index] as number;
    const [x1, y1, x2, y2] = ends(edges, layout, index).map((value) => value.toFixed(1));
    const line = `M${x1} ${y1}L${x2} ${y2}`;
    const drawn = lines.get(shade);
    if (drawn === undefined) lines.set(shade, [line]);
    else drawn.push(line);
  }
  for (const [shade, drawn] of lines) {
    const ink = isNegative(shade) ? "var(--negative)" : "var(--positive)";
    const dashed = isNegative(shade) && edges.count <= DASHED;
    const dashes = dashed ? ` stroke-dasharray="${DASHES.map((size) => size / k).join(" ")}"` : "";
    const style = `stroke="${ink}" stroke-opacity="${alpha(shade, edges.count).toFixed(3)}" stroke-width="${(thickness(shade) / k).toFixed(2)}"`;
    yield `<path fill="none" ${style}${dashes} d="${drawn.join("")}"/>`;
  }
}
