const SVG = "http://www.w3.org/2000/svg";
const COPIED = ["fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray", "opacity"];
const OF_TEXT = ["font-family", "font-size", "font-weight", "text-anchor"];
const MARGIN = 12;

/** All that is drawn in an element (each `svg`, and texts that are marked `data-drawn`) as one SVG, with its colours. */
export function asSvg(element: HTMLElement): string {
  const frame = element.getBoundingClientRect();
  const [width, height] = [Math.ceil(frame.width) + 2 * MARGIN, Math.ceil(frame.height) + 2 * MARGIN];
  const whole = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) {
    whole.setAttribute(name, String(value));
  }
  const paper = document.createElementNS(SVG, "rect");
  paper.setAttribute("width", "100%");
  paper.setAttribute("height", "100%");
  paper.setAttribute("fill", getComputedStyle(element).backgroundColor);
  whole.append(paper);
  for (const drawn of element.querySelectorAll<SVGSVGElement | HTMLElement>("svg, [data-drawn]")) {
    if (drawn.parentElement?.closest("svg")) continue;
    const at = drawn.getBoundingClientRect();
    if (at.width === 0) continue;
    const group = document.createElementNS(SVG, "g");
    group.setAttribute("transform", `translate(${at.left - frame.left + MARGIN} ${at.top - frame.top + MARGIN})`);
    if (drawn instanceof SVGSVGElement) for (const child of drawn.children) group.append(copied(child as SVGElement));
    else group.append(written(drawn, at));
    whole.append(group);
  }
  return new XMLSerializer().serializeToString(whole);
}

/** An element with what its style sheets make of it as attributes. */
function copied(element: SVGElement): SVGElement {
  const copy = document.createElementNS(SVG, element.localName);
  for (const { name, value } of element.attributes) {
    if (!/^(style|class|tabindex|role|xmlns|on.*|data-.*|aria-.*)$/.test(name)) copy.setAttribute(name, value);
  }
  const style = getComputedStyle(element);
  const names = element.localName === "text" || element.localName === "tspan" ? [...COPIED, ...OF_TEXT] : COPIED;
  for (const name of names) {
    const value = style.getPropertyValue(name);
    if (value !== "") copy.setAttribute(name, value.replaceAll('"', "'"));
  }
  for (const child of element.childNodes) {
    if (child instanceof SVGElement) copy.append(copied(child));
    else if (child.nodeType === Node.TEXT_NODE) copy.append(child.textContent ?? "");
  }
  return copy;
}

function written(element: HTMLElement, at: DOMRect): SVGElement {
  const text = document.createElementNS(SVG, "text");
  const style = getComputedStyle(element);
  text.setAttribute("y", String(at.height * 0.75));
  text.setAttribute("fill", style.color);
  for (const name of ["font-family", "font-size", "font-weight"]) {
    text.setAttribute(name, style.getPropertyValue(name).replaceAll('"', "'"));
  }
  text.textContent = element.textContent;
  return text;
}
