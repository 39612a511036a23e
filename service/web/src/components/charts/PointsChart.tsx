import { CartesianGrid, ErrorBar, LabelList, Scatter, ScatterChart, Tooltip, XAxis, YAxis } from "recharts";
import style from "./Charts.module.css";
import type { Points } from "./chart";
import { axis, brief, labelRows, told } from "./format";

const HEIGHT = 360;
const TICK = { fill: "var(--quiet)", fontSize: 12 };
const SHAPES = ["circle", "diamond", "square", "triangle", "cross", "star", "wye"] as const;
const LINE = 13;
const LABEL = 100; // pixels that a label takes, more or less
const COLOURS = ["var(--positive)", "var(--negative)", "var(--good)", "var(--quiet)"];

/** A point for each name, with its interval upwards; groups differ in colour and in shape. */
export function PointsChart({ chart, width, label }: { chart: Points; width: number; label: string }) {
  const groups = [...new Set(chart.points.map((point) => point.group))];
  const horizontal = axis(
    [],
    chart.points.map((point) => point.x),
  );
  const vertical = axis(
    chart.points.map((point) => point.span),
    chart.points.map((point) => point.y),
  );
  const [wide, high] = [part(horizontal.domain, LABEL / width), part(vertical.domain, LINE / HEIGHT)];
  const rows = labelRows(chart.points, wide, high);
  const data = (group: string) =>
    chart.points
      .map((point, at) => ({ ...point, row: rows[at] ?? 0 }))
      .filter((point) => point.group === group)
      .map((point) => ({ ...point, away: point.span && [point.y - point.span[0], point.span[1] - point.y] }));
  return (
    <ScatterChart width={width} height={HEIGHT} margin={{ top: 12, right: 24, bottom: 20, left: 0 }} aria-label={label}>
      <CartesianGrid stroke="var(--line)" />
      <XAxis
        type="number"
        dataKey="x"
        domain={horizontal.domain}
        ticks={horizontal.ticks}
        padding={{ left: 24, right: 36 }}
        tick={TICK}
        tickFormatter={brief}
        stroke="var(--line)"
        height={24}
        label={{ value: chart.x, position: "bottom", offset: 4, fill: "var(--quiet)", fontSize: 12 }}
      />
      <YAxis
        type="number"
        dataKey="y"
        domain={vertical.domain}
        ticks={vertical.ticks}
        tick={TICK}
        tickFormatter={brief}
        stroke="var(--line)"
        width={48}
        label={{
          value: chart.value,
          angle: -90,
          position: "insideLeft",
          offset: 8,
          fill: "var(--quiet)",
          fontSize: 12,
        }}
      />
      <Tooltip
        cursor={{ stroke: "var(--quiet)", strokeDasharray: "3 3" }}
        isAnimationActive={false}
        content={({ active, payload }) => {
          const point = payload?.[0]?.payload as Points["points"][number] | undefined;
          if (!active || point === undefined) return null;
          return (
            <div className={style.said}>
              <strong>{point.name}</strong>
              <span>
                {chart.value}: {told(point.y, point.span)}
              </span>
              <span>
                {chart.x}: {brief(point.x)}
              </span>
            </div>
          );
        }}
      />
      {groups.map((group, at) => {
        const those = data(group);
        return (
          <Scatter
            key={group}
            name={group}
            data={those}
            fill={COLOURS[at % COLOURS.length]}
            shape={SHAPES[at % SHAPES.length]}
            isAnimationActive={false}
          >
            <ErrorBar
              dataKey="away"
              direction="y"
              width={4}
              strokeWidth={1.2}
              stroke={COLOURS[at % COLOURS.length]}
              isAnimationActive={false}
            />
            {chart.points.length <= 24 && (
              <LabelList
                dataKey="name"
                content={({ x, y, value, index }) => {
                  const row = those[index ?? 0]?.row ?? 0;
                  return (
                    <text
                      x={Number(x) + 14}
                      y={Number(y) + 9 + row * LINE}
                      fontSize={11}
                      fill={COLOURS[at % COLOURS.length]}
                      stroke="var(--paper)"
                      strokeWidth={3}
                      paintOrder="stroke"
                    >
                      {value}
                    </text>
                  );
                }}
              />
            )}
          </Scatter>
        );
      })}
    </ScatterChart>
  );
}

const part = ([low, high]: readonly [number, number], share: number) => (high - low) * share;
