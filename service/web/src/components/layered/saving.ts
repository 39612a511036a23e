import { coloured } from "../pictures";
import { edgePaths } from "./edgePaths";
import type { EdgeIndex } from "./edges";
import type { Layout } from "./layout";
import type { Transform } from "./paint";

/** The figure as it is seen, with its edges, as a file of its own. */
export function asSvg(svg: SVGSVGElement, edges: EdgeIndex, layout: Layout, { k }: Transform): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("viewBox", `0 0 ${layout.width} ${layout.height}`);
  copy.setAttribute("width", String(layout.width));
  copy.setAttribute("height", String(layout.height));
  copy.setAttribute("font-family", "Helvetica, Arial, 'Liberation Sans', sans-serif");
  for (const name of ["class", "aria-hidden"]) copy.removeAttribute(name);
  const paper = `<rect width="${layout.width}" height="${layout.height}" fill="var(--paper)"/>`;
  const text = new XMLSerializer()
    .serializeToString(copy)
    .replace(/^<svg[^>]*>/, (start) => start + paper)
    .replace(/<g [^>]*data-zoomed[^>]*>/, (start) => start + [...edgePaths(edges, layout, k)].join(""));
  return coloured(text, svg.parentElement as Element);
}
