import { type Layout, x, y } from "./layout";
import type { Transform } from "./paint";

const APART = 14; // pixels between labels

/** Move the labels of both axes to where a zoom has their nodes; what is outside, or too close, is hidden. */
export function placeAxes(across: SVGGElement, up: SVGGElement, layout: Layout, { k, x: dx, y: dy }: Transform): void {
  const every = Math.max(1, Math.ceil(APART / (k * layout.column)));
  const { frame } = layout;
  const turn = { flat: "", slanted: " rotate(-45)", upright: " rotate(-90)" }[layout.labels];
  const below = layout.bottom + (layout.labels === "flat" ? 42 : 36);
  [...across.children].forEach((label, column) => {
    const at = dx + k * x(layout, column);
    const shown = column % every === 0 || label.hasAttribute("data-always");
    place(label, at + (layout.labels === "flat" ? 0 : 4), below, turn, shown && inside(at, frame.x, frame.width));
  });
  const [everyLayer, right] = [Math.max(1, Math.ceil(APART / (k * layout.row))), frame.x - 6];
  [...up.children].forEach((label, layer) => {
    const at = dy + k * y(layout, layer);
    place(label, right, at + 4, "", layer % everyLayer === 0 && inside(at, frame.y, frame.height));
  });
}

const inside = (at: number, from: number, size: number) => at >= from && at <= from + size;

function place(label: Element, atX: number, atY: number, turn: string, shown: boolean): void {
  label.setAttribute("visibility", shown ? "visible" : "hidden");
  if (shown) label.setAttribute("transform", `translate(${atX.toFixed(1)} ${atY.toFixed(1)})${turn}`);
}
