import { type EdgeIndex, ends, SHADES } from "./edges";
import type { Layout } from "./layout";

/** What is zoomed to: pixels are multiplied by k, and moved. */
export interface Transform {
  k: number;
  x: number;
  y: number;
}

export interface Ink {
  positive: string;
  negative: string;
}

/** Beyond so many edges, dashes would hide what they are to tell. */
export const DASHED = 4000;
export const DASHES = [5, 3];

const CROWD = 1000; // edges beyond which the weak ones are fainter

/** How much of an edge's colour is seen, by its shade and by how many edges there are. */
export const alpha = (shade: number, count: number): number =>
  (count > CROWD ? 0.06 : 0.2) + 0.5 * ((shade >> 1) / (SHADES - 1)) ** 1.5;
export const thickness = (shade: number): number => 0.7 + 0.9 * ((shade >> 1) / (SHADES - 1));
export const isNegative = (shade: number): boolean => shade % 2 === 1;

const FIRST = 600; // edges of the first frame of a drawing
const FRAME = 20; // milliseconds after which frames are given less

/** Draws edges into a canvas: over as many frames as it takes, so that none of them is late. */
export class Painter {
  private asked = 0;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly back: HTMLCanvasElement = document.createElement("canvas"),
  ) {}

  /** Begin to draw, in place of what was begun before. `done` is called once all is there. */
  draw(edges: EdgeIndex, layout: Layout, transform: Transform, ink: Ink, done: () => void): void {
    cancelAnimationFrame(this.asked);
    const ratio = devicePixelRatio;
    const [width, height] = [Math.round(layout.width * ratio), Math.round(layout.height * ratio)];
    this.back.width = width;
    this.back.height = height;
    const context = this.back.getContext("2d") as CanvasRenderingContext2D;
    const { k, x, y } = transform;
    context.setTransform(ratio * k, 0, 0, ratio * k, ratio * x, ratio * y);
    let [from, batch, before] = [0, FIRST, performance.now()];
    const frame = () => {
      const now = performance.now();
      batch = Math.max(150, Math.min(3000, now - before > FRAME ? batch / 2 : batch * 1.3));
      before = now;
      const to = Math.min(edges.order.length, Math.round(from + batch));
      strokes(context, edges, layout, from, to, k, ink);
      from = to;
      if (from < edges.order.length) {
        this.asked = requestAnimationFrame(frame);
        return;
      }
      if (this.canvas.width !== width) this.canvas.width = width;
      if (this.canvas.height !== height) this.canvas.height = height;
      const front = this.canvas.getContext("2d") as CanvasRenderingContext2D;
      front.clearRect(0, 0, width, height);
      front.drawImage(this.back, 0, 0);
      done();
    };
    this.asked = requestAnimationFrame(frame);
  }

  stop(): void {
    cancelAnimationFrame(this.asked);
  }
}

const TOGETHER = 64; // lines of one path: long ones with many lines take long to fill

function strokes(
  context: CanvasRenderingContext2D,
  edges: EdgeIndex,
  layout: Layout,
  from: number,
  to: number,
  k: number,
  ink: Ink,
): void {
  let shade = -1;
  let lines = 0;
  for (let i = from; i < to; i++) {
    const index = edges.order[i] as number;
    if (edges.shade[index] !== shade || lines === TOGETHER) {
      if (lines > 0) context.stroke();
      shade = edges.shade[index] as number;
      context.strokeStyle = isNegative(shade) ? ink.negative : ink.positive;
      context.globalAlpha = alpha(shade, edges.count);
      context.lineWidth = thickness(shade) / k;
      context.setLineDash(isNegative(shade) && edges.count <= DASHED ? DASHES.map((size) => size / k) : []);
      context.beginPath();
      lines = 0;
    }
    const [x1, y1, x2, y2] = ends(edges, layout, index);
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
    lines++;
  }
  if (lines > 0) context.stroke();
}

/** Lines on a canvas of their own: what the pointer is at. */
export function highlight(
  canvas: HTMLCanvasElement,
  layout: Layout,
  transform: Transform,
  lines: readonly { points: readonly (readonly [number, number])[]; colour: string; width: number; dashed: boolean }[],
): void {
  const ratio = devicePixelRatio;
  const [width, height] = [Math.round(layout.width * ratio), Math.round(layout.height * ratio)];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width, height);
  const { k, x, y } = transform;
  context.setTransform(ratio * k, 0, 0, ratio * k, ratio * x, ratio * y);
  context.lineCap = "round";
  for (const { points, colour, width, dashed } of lines) {
    context.strokeStyle = colour;
    context.lineWidth = width / k;
    context.setLineDash(dashed ? DASHES.map((size) => size / k) : []);
    context.beginPath();
    points.forEach(([px, py], i) => {
      if (i === 0) context.moveTo(px, py);
      else context.lineTo(px, py);
    });
    context.stroke();
  }
}
