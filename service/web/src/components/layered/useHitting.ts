import {
  type KeyboardEvent,
  type MouseEvent,
  type PointerEvent,
  type RefObject,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import type { Hit, LayeredFigureProps } from "./figure";
import { hitAt, hitsAround, identity, nodeHit, type Scene } from "./hits";
import type { Point } from "./lanes";
import { type Layout, x, y } from "./layout";
import { transformOf, type Zooming } from "./useZoom";

type Told = Pick<LayeredFigureProps, "onHover" | "onPin" | "onPick" | "onClear">;

/** What the pointer or the keyboard is at, and where to tell of it. */
export function useHitting(element: RefObject<HTMLDivElement | null>, { onHover, onPin, onPick, onClear }: Told) {
  const [hit, setHit] = useState<Hit | null>(null);
  const [focused, setFocused] = useState<{ layer: number; column: number } | null>(null);
  const tip = useRef<HTMLDivElement>(null);
  const known = useRef("");
  const pointer = useRef<{ at: Point; asked: number }>({ at: [0, 0], asked: 0 });
  const shown = useRef<{ at: Point; layout: Layout } | null>(null);
  const turn = useRef(-1); // of what is around the focused node

  const show = (found: Hit | null, at: Point, { layout }: Scene) => {
    shown.current = { at, layout };
    if (found !== null && tip.current !== null) placeTip(tip.current, at, layout);
    if (identity(found) === known.current) return;
    known.current = identity(found);
    setHit(found);
    onHover?.(found);
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: another hit has another size
  useLayoutEffect(() => {
    if (tip.current !== null && shown.current !== null) placeTip(tip.current, shown.current.at, shown.current.layout);
  }, [hit]);

  const handlers = (scene: Scene, zoom: Zooming) => {
    const { layout, places, drawn } = scene;
    const within = (at: Point) => {
      const transform = transformOf(element);
      return hitAt(scene, transform.invert([...at]), transform.k);
    };
    const of = (layer: number, column: number): Point =>
      transformOf(element).apply([x(layout, column), y(layout, layer)]);
    const clear = () => {
      cancelAnimationFrame(pointer.current.asked);
      pointer.current.asked = 0;
      show(null, pointer.current.at, scene);
    };
    const focus = (layer: number, column: number) => {
      turn.current = -1;
      setFocused({ layer, column });
      const [atX, atY] = of(layer, column);
      if (atX < layout.frame.x || atX > layout.width || atY < 0 || atY > layout.bottom + 20)
        zoom.to(x(layout, column), y(layout, layer));
      show(nodeHit(places, layer, column), of(layer, column), scene);
    };
    const keys = (event: KeyboardEvent) => {
      const at = focused ?? { layer: drawn[0]?.from ?? 0, column: drawn[0]?.columns[0] ?? 0 };
      const arrow = ARROWS[event.key];
      if (arrow !== undefined) {
        const [over, above] = focused === null ? [0, 0] : arrow;
        focus(clamp(at.layer + above, layout.layers), clamp(at.column + over, places.length - 1));
      } else if (event.key === "Enter" || event.key === " ") {
        const place = places[at.column];
        const picked = turn.current < 0 ? undefined : hitsAround(scene, at.layer, at.column).at(turn.current);
        if (picked?.kind === "path") onPick?.(picked.path, picked.step);
        else if (focused !== null && place !== undefined) onPin?.({ layer: at.layer, place: place.id });
      } else if (event.key === "Escape") {
        clear();
        onClear?.();
      } else if (event.key.toLowerCase() === "e") {
        const around = hitsAround(scene, at.layer, at.column);
        if (around.length === 0) return;
        setFocused(at);
        turn.current = (Math.max(turn.current, event.shiftKey ? 0 : -1) + (event.shiftKey ? -1 : 1)) % around.length;
        show(around.at(turn.current) as Hit, of(at.layer, at.column), scene);
      } else if (event.key === "+" || event.key === "=") zoom.by(1.5);
      else if (event.key === "-") zoom.by(1 / 1.5);
      else if (event.key === "0") zoom.reset();
      else return;
      event.preventDefault();
    };
    return {
      onPointerMove: (event: PointerEvent) => {
        pointer.current.at = pointOf(event);
        if (event.buttons !== 0 || pointer.current.asked !== 0) return;
        pointer.current.asked = requestAnimationFrame(() => {
          pointer.current.asked = 0;
          show(within(pointer.current.at), pointer.current.at, scene);
        });
      },
      onPointerLeave: clear,
      onPointerDown: clear,
      onClick: (event: MouseEvent) => {
        const found = within(pointOf(event));
        if (found?.kind === "node") onPin?.({ layer: found.layer, place: found.place });
        if (found?.kind === "path") onPick?.(found.path, found.step);
      },
      onKeyDown: keys,
      onBlur: () => {
        setFocused(null);
        clear();
      },
    };
  };
  return { hit, speaks: focused !== null, tip, handlers };
}

const ASIDE = 14; // pixels between the pointer and what is told of it

/** Put what is told beside a point, on the side that has room, and inside the figure. */
function placeTip(tip: HTMLElement, [atX, atY]: Point, { width, height }: Layout): void {
  const beside = (at: number, size: number, whole: number) => {
    const wanted = at > whole / 2 ? at - ASIDE - size : at + ASIDE;
    return Math.max(4, Math.min(whole - size - 4, wanted));
  };
  const [left, top] = [beside(atX, tip.offsetWidth, width), beside(atY, tip.offsetHeight, height)];
  tip.style.transform = `translate(${left}px, ${top}px)`;
}

/** Where an event is in the element that listens. */
function pointOf(event: MouseEvent): Point {
  const box = event.currentTarget.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

const clamp = (value: number, most: number) => Math.max(0, Math.min(most, value));

const ARROWS: Readonly<Record<string, [over: number, above: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};
