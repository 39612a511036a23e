import { type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useRef } from "react";
import { colour, onTheme } from "../colours";
import { placeAxes } from "./axes";
import type { Hit, PlaceId } from "./figure";
import { glow, type Scene } from "./hits";
import { highlight, Painter, type Transform } from "./paint";
import { transformOf } from "./useZoom";

const SETTLED = 120; // milliseconds after a movement, when edges are drawn anew

/** What is drawn without React: edges, what stands out of them, and where a zoom has moved everything. */
export function useDrawing(
  element: RefObject<HTMLDivElement | null>,
  scene: Scene,
  columnOf: ReadonlyMap<PlaceId, number>,
  hit: Hit | null,
) {
  const refs = useMemo(
    () => ({
      edges: { current: null as HTMLCanvasElement | null },
      glow: { current: null as HTMLCanvasElement | null },
      zoomed: { current: null as SVGGElement | null },
      across: { current: null as SVGGElement | null },
      up: { current: null as SVGGElement | null },
    }),
    [],
  );
  const painter = useRef<Painter | null>(null);
  const painted = useRef<Transform>({ k: 1, x: 0, y: 0 });
  const settling = useRef(0);
  const moving = useRef(0);
  const lit = useRef(false);

  const shine = useCallback(() => {
    const [node, canvas] = [element.current, refs.glow.current];
    if (node === null || canvas === null) return;
    const lines = glow(scene, hit, columnOf);
    if (lines.length === 0 && !lit.current) return;
    lit.current = lines.length > 0;
    const inks = lines.length === 0 ? ["", ""] : [colour(node, "positive"), colour(node, "negative")];
    const styled = lines.map(({ points, negative, width }) => {
      return { points, width, dashed: negative, colour: inks[negative ? 1 : 0] as string };
    });
    highlight(canvas, scene.layout, transformOf(element), styled);
  }, [element, refs, scene, columnOf, hit]);

  const paint = useCallback(() => {
    const [node, canvas] = [element.current, refs.edges.current];
    if (node === null || canvas === null || scene.layout.width < 2) return;
    const ink = { positive: colour(node, "positive"), negative: colour(node, "negative") };
    const transform = transformOf(element);
    painter.current ??= new Painter(canvas);
    painter.current.draw(scene.edges, scene.layout, transform, ink, () => {
      painted.current = transform;
      moveCanvas(canvas, transform, transformOf(element));
    });
  }, [element, refs, scene.edges, scene.layout]);

  /** All that is drawn follows the zoom, once a frame; edges as the picture that they were, until it ends. */
  const follow = useCallback(() => {
    moving.current = 0;
    const now = transformOf(element);
    refs.zoomed.current?.setAttribute("transform", now.toString());
    if (refs.across.current && refs.up.current) placeAxes(refs.across.current, refs.up.current, scene.layout, now);
    if (refs.edges.current) moveCanvas(refs.edges.current, painted.current, now);
    shine();
  }, [element, refs, scene.layout, shine]);
  const latest = useRef(follow);
  latest.current = follow;
  const move = useCallback(() => {
    clearTimeout(settling.current);
    if (moving.current === 0) moving.current = requestAnimationFrame(() => latest.current());
  }, []);
  const settle = useCallback(() => {
    settling.current = window.setTimeout(paint, SETTLED);
  }, [paint]);

  useEffect(() => {
    paint();
    const ended = onTheme(paint);
    return () => {
      ended();
      painter.current?.stop();
      clearTimeout(settling.current);
    };
  }, [paint]);
  useLayoutEffect(() => {
    const now = transformOf(element);
    refs.zoomed.current?.setAttribute("transform", now.toString());
    if (refs.across.current && refs.up.current) placeAxes(refs.across.current, refs.up.current, scene.layout, now);
  }, [element, refs, scene]);
  useEffect(shine, [shine]);
  return { refs, move, settle };
}

function moveCanvas(canvas: HTMLCanvasElement, painted: Transform, now: Transform): void {
  const k = now.k / painted.k;
  canvas.style.transform = `translate(${now.x - k * painted.x}px, ${now.y - k * painted.y}px) scale(${k})`;
}
