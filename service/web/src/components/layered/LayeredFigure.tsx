import { useId, useMemo, useRef, useState } from "react";
import { savePng, saveSvg } from "../pictures";
import { indexEdges } from "./edges";
import { type LayeredFigureProps, NO_EDGES, type Node, type NodeMark, type Path } from "./figure";
import type { Scene } from "./hits";
import style from "./LayeredFigure.module.css";
import { heightOf, layOut } from "./layout";
import { Marks } from "./Marks";
import { asSvg } from "./saving";
import { drawPaths } from "./scene";
import { useDrawing } from "./useDrawing";
import { useHitting } from "./useHitting";
import { useWidth } from "./useWidth";
import { transformOf, useZoom } from "./useZoom";

const NOTHING: readonly never[] = [];

/** Places × layers, with edges behind and paths in front: zoomed, hovered, pinned, by pointer and by keyboard. */
export function LayeredFigure(props: LayeredFigureProps) {
  const { label, name, places, layers, top, edges = NO_EDGES, describe } = props;
  const paths: readonly Path[] = props.paths ?? NOTHING;
  const marks: readonly NodeMark[] = props.marks ?? NOTHING;
  const pinned: readonly Node[] = props.pinned ?? NOTHING;
  const element = useRef<HTMLDivElement>(null);
  const svg = useRef<SVGSVGElement>(null);
  const clip = `clip${useId().replaceAll(/[^a-zA-Z0-9]/g, "")}`;
  const hint = useId();
  const [isZoomed, setZoomed] = useState(false);

  const width = useWidth(element);
  const height = props.height ?? heightOf(layers);
  const topPlace = top?.place;
  const layout = useMemo(
    () => layOut(places, layers, width, height, topPlace !== undefined),
    [places, layers, width, height, topPlace],
  );
  const columnOf = useMemo(() => new Map(places.map((place, column) => [place.id, column])), [places]);
  const index = useMemo(() => indexEdges(edges, columnOf), [edges, columnOf]);
  const drawn = useMemo(() => drawPaths(paths, layout, columnOf, topPlace), [paths, layout, columnOf, topPlace]);
  const scene: Scene = useMemo(() => ({ layout, places, edges: index, drawn }), [layout, places, index, drawn]);

  const { hit, speaks, tip, handlers } = useHitting(element, props);
  const { refs, move, settle } = useDrawing(element, scene, columnOf, hit);
  const zoom = useZoom(element, layout, {
    zoom: move,
    end: () => {
      setZoomed(transformOf(element).k > 1);
      settle();
    },
  });
  const text = () => asSvg(svg.current as SVGSVGElement, index, layout, transformOf(element));
  const classes = [style.figure, isZoomed && style.zoomed, hit?.kind === "node" && style.node];
  return (
    <div className={style.frame}>
      <div className={style.tools}>
        <button type="button" aria-label="Zoom in" onClick={() => zoom.by(1.5)}>
          +
        </button>
        <button type="button" aria-label="Zoom out" disabled={!isZoomed} onClick={() => zoom.by(1 / 1.5)}>
          −
        </button>
        <button type="button" disabled={!isZoomed} onClick={zoom.reset}>
          Whole figure
        </button>
        <button type="button" aria-label="Save the figure as SVG" onClick={() => saveSvg(text(), name)}>
          SVG
        </button>
        <button type="button" aria-label="Save the figure as PNG" onClick={() => savePng(text(), name)}>
          PNG
        </button>
      </div>
      <div
        ref={element}
        className={classes.filter(Boolean).join(" ")}
        style={{ height }}
        role="application"
        aria-label={label}
        aria-describedby={hint}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move among its nodes
        tabIndex={0}
        {...handlers(scene, zoom)}
      >
        <div className={style.stage} style={{ clipPath: clipOf(layout) }}>
          <canvas ref={refs.edges} />
        </div>
        <svg ref={svg} width={layout.width} height={layout.height} aria-hidden="true">
          <Marks
            layout={layout}
            places={places}
            columnOf={columnOf}
            top={top}
            drawn={drawn}
            marks={marks}
            pinned={pinned}
            clip={clip}
            zoomed={refs.zoomed}
            across={refs.across}
            up={refs.up}
          />
        </svg>
        <div className={style.stage} style={{ clipPath: clipOf(layout), pointerEvents: "none" }}>
          <canvas ref={refs.glow} />
        </div>
        <div ref={tip} className={style.tip} hidden={hit === null}>
          {hit !== null && describe(hit)}
        </div>
      </div>
      <div className="hidden" aria-live="polite">
        {hit !== null && speaks && describe(hit)}
      </div>
      <p id={hint} className={style.hint}>
        {props.onPick === undefined ? "Click a node to pin it." : "Click a step to choose it."} Drag, or Ctrl and the
        wheel, to zoom. By keyboard: arrows move among nodes, E steps through what is around a node, Enter{" "}
        {props.onPick === undefined ? "pins" : "chooses"}, Escape clears, + and − zoom.
      </p>
    </div>
  );
}

const clipOf = ({ frame, width, height }: { frame: DOMRectInit; width: number; height: number }) => {
  const { x = 0, y = 0, width: wide = 0, height: high = 0 } = frame;
  return `inset(${y}px ${Math.max(0, width - x - wide)}px ${Math.max(0, height - y - high)}px ${x}px)`;
};
