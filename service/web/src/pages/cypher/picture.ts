import { coloured } from "../../components/pictures";

/** A drawing as it is seen, on the page's paper, as a file of its own. */
export function asSvg(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const paper = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  const look = { width: "100%", height: "100%", fill: "var(--paper)" };
  for (const [attribute, value] of Object.entries(look)) paper.setAttribute(attribute, value);
  copy.prepend(paper);
  return coloured(new XMLSerializer().serializeToString(copy), svg.parentElement as Element);
}
