import { useId } from "react";
import { Bar, BarChart, CartesianGrid, ErrorBar, Rectangle, ReferenceLine, Tooltip, XAxis, YAxis } from "recharts";
import type { Bars } from "./chart";
import { axis, brief, clipped, namesWidth } from "./format";
import { Hatch } from "./Hatch";
import { Said } from "./Said";
import { colourOf, isHatched } from "./tones";

const BAR = 15;
const AXIS = 46;
const TICK = { fill: "var(--quiet)", fontSize: 12 };

/** A bar, or two, for each name, from left to right, with the interval of each. */
export function BarsChart({ chart, width, label }: { chart: Bars; width: number; label: string }) {
  const hatch = `hatch${useId().replaceAll(/[^a-zA-Z0-9]/g, "")}`;
  const { series, marks } = chart;
  const names = namesWidth(
    marks.map((mark) => mark.name),
    width,
  );
  const data = marks.map((mark, at) => ({
    at,
    ...Object.fromEntries(mark.values.map((value, of) => [`value${of}`, value])),
    ...Object.fromEntries(mark.spans.map((span, of) => [`span${of}`, away(mark.values[of], span)])),
  }));
  const { domain, ticks } = axis(
    marks.flatMap((mark) => mark.spans),
    marks.flatMap((mark) => mark.values),
    chart.range ?? [0],
  );
  return (
    <BarChart
      layout="vertical"
      width={width}
      height={marks.length * ((chart.either ? 1 : series.length) * BAR + 9) + AXIS}
      data={data}
      margin={{ top: 4, right: 16, bottom: 18, left: 0 }}
      barGap={1}
      barSize={BAR - 3}
      aria-label={label}
    >
      <Hatch id={hatch} />
      <CartesianGrid horizontal={false} stroke="var(--line)" />
      <XAxis
        type="number"
        domain={domain}
        ticks={ticks}
        tick={TICK}
        tickFormatter={brief}
        stroke="var(--line)"
        height={24}
        label={{ value: chart.value, position: "bottom", offset: 2, fill: "var(--quiet)", fontSize: 12 }}
      />
      <YAxis
        type="category"
        dataKey="at"
        width={names}
        interval={0}
        stroke="var(--line)"
        tickLine={false}
        tick={({ x, y, payload }) => (
          <text x={Number(x)} y={Number(y)} dy="0.35em" textAnchor="end" fill="var(--ink)" fontSize={12}>
            {clipped(marks[payload.value]?.name ?? "", names)}
          </text>
        )}
      />
      {domain[0] < 0 && <ReferenceLine x={0} stroke="var(--quiet)" />}
      <Tooltip
        cursor={{ fill: "var(--accent-soft)" }}
        isAnimationActive={false}
        content={({ active, label }) => {
          const mark = marks[Number(label)];
          return active && mark !== undefined ? <Said mark={mark} series={series} /> : null;
        }}
      />
      {series.map((each, of) => (
        <Bar
          key={each.name}
          stackId={chart.either ? "row" : undefined}
          dataKey={`value${of}`}
          name={each.name}
          fill={colourOf(each.tone)}
          isAnimationActive={false}
          shape={(bar) => {
            const value = marks[bar.index]?.values[of];
            const fill = isHatched(each.tone, value) ? `url(#${hatch})` : colourOf(each.tone, value);
            return <Rectangle {...bar} fill={fill} />;
          }}
        >
          {marks.some((mark) => mark.spans[of] != null) && (
            <ErrorBar
              dataKey={`span${of}`}
              direction="x"
              width={3}
              strokeWidth={1.4}
              stroke="var(--ink)"
              isAnimationActive={false}
            />
          )}
        </Bar>
      ))}
    </BarChart>
  );
}

/** How far an interval reaches to either side of its value. */
const away = (value: number | null | undefined, span: readonly [number, number] | null) =>
  value == null || span === null ? [0, 0] : [value - span[0], span[1] - value];
