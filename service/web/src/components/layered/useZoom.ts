import { select } from "d3-selection";
import { type ZoomBehavior, type ZoomTransform, zoom, zoomIdentity, zoomTransform } from "d3-zoom";
import { type RefObject, useEffect, useMemo, useRef } from "react";
import type { Layout } from "./layout";

const MOST = 16;

type Behaviour = ZoomBehavior<HTMLDivElement, unknown>;

export interface Zooming {
  by: (factor: number) => void;
  /** Bring a point into the middle. */
  to: (x: number, y: number) => void;
  reset: () => void;
}

/** How far an element is zoomed. */
export const transformOf = (element: RefObject<HTMLDivElement | null>): ZoomTransform =>
  element.current === null ? zoomIdentity : zoomTransform(element.current);

/** Zooms an element by buttons, Ctrl and wheel, drag, and two fingers; without Ctrl the wheel scrolls the page. */
export function useZoom(
  element: RefObject<HTMLDivElement | null>,
  { width, height }: Layout,
  on: { zoom: () => void; end: () => void },
): Zooming {
  const behaviour = useRef<Behaviour | null>(null);
  const called = useRef(on);
  called.current = on;
  useEffect(() => {
    const node = element.current;
    if (node === null) return;
    const whole: [[number, number], [number, number]] = [
      [0, 0],
      [width, height],
    ];
    const made = zoom<HTMLDivElement, unknown>()
      .scaleExtent([1, MOST])
      .extent(whole)
      .translateExtent(whole)
      .clickDistance(4)
      .filter((event: MouseEvent | TouchEvent) => {
        if (event.type === "wheel") return event.ctrlKey || event.metaKey;
        if ("touches" in event) return event.touches.length > 1 || zoomTransform(node).k > 1;
        return !event.ctrlKey && event.button === 0;
      })
      .on("zoom", () => called.current.zoom())
      .on("end", () => called.current.end());
    behaviour.current = made;
    select(node).call(made).on("dblclick.zoom", null);
    select(node).call(made.transform, zoomIdentity);
    return () => void select(node).on(".zoom", null);
  }, [element, width, height]);
  return useMemo(() => {
    const act = (what: (made: Behaviour, node: HTMLDivElement) => void) => {
      if (behaviour.current !== null && element.current !== null) what(behaviour.current, element.current);
    };
    return {
      by: (factor) => act((made, node) => made.scaleBy(select(node), factor)),
      to: (x, y) => act((made, node) => made.translateTo(select(node), x, y)),
      reset: () => act((made, node) => made.transform(select(node), zoomIdentity)),
    };
  }, [element]);
}
