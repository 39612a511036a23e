import { CartesianGrid, ErrorBar, Line, LineChart, Tooltip, XAxis, YAxis } from "recharts";
import type { Lines } from "./chart";
import { axis, brief } from "./format";
import { Said } from "./Said";
import { colourOf, DASHES } from "./tones";

const HEIGHT = 280;
const TICK = { fill: "var(--quiet)", fontSize: 12 };

/** A line for each series, with the interval at each of its points. */
export function LinesChart({ chart, width, label }: { chart: Lines; width: number; label: string }) {
  const { series, marks } = chart;
  const data = marks.map((mark) => ({
    at: mark.at,
    ...Object.fromEntries(mark.values.map((value, of) => [`value${of}`, value])),
    ...Object.fromEntries(
      mark.spans.map((span, of) => {
        const value = mark.values[of];
        return [`span${of}`, span === null || value == null ? [0, 0] : [value - span[0], span[1] - value]];
      }),
    ),
  }));
  const { domain, ticks } = axis(
    marks.flatMap((mark) => mark.spans),
    marks.flatMap((mark) => mark.values),
    chart.range ?? [0],
  );
  return (
    <LineChart
      width={width}
      height={HEIGHT}
      data={data}
      margin={{ top: 8, right: 20, bottom: 18, left: 0 }}
      aria-label={label}
    >
      <CartesianGrid stroke="var(--line)" />
      <XAxis
        type="number"
        dataKey="at"
        domain={["dataMin", "dataMax"]}
        ticks={marks.map((mark) => mark.at)}
        padding={{ left: 12, right: 12 }}
        tick={TICK}
        tickFormatter={brief}
        stroke="var(--line)"
        height={24}
        label={{ value: chart.x, position: "bottom", offset: 2, fill: "var(--quiet)", fontSize: 12 }}
      />
      <YAxis
        domain={domain}
        ticks={ticks}
        tick={TICK}
        tickFormatter={brief}
        stroke="var(--line)"
        width={52}
        label={{
          value: chart.value,
          angle: -90,
          position: "insideLeft",
          offset: 8,
          fill: "var(--quiet)",
          fontSize: 12,
          style: { textAnchor: "middle" },
        }}
      />
      <Tooltip
        cursor={{ stroke: "var(--accent)" }}
        isAnimationActive={false}
        content={({ active, label }) => {
          const mark = marks.find((each) => each.at === Number(label));
          const named = mark && { ...mark, name: `${mark.name} (${chart.x})` };
          return active && named !== undefined ? <Said mark={named} series={series} /> : null;
        }}
      />
      {series.map((each, of) => (
        <Line
          key={each.name}
          dataKey={`value${of}`}
          name={each.name}
          stroke={colourOf(each.tone)}
          strokeDasharray={DASHES[each.tone]}
          strokeWidth={2}
          dot={{ r: 3, fill: colourOf(each.tone), stroke: "none" }}
          isAnimationActive={false}
          connectNulls
        >
          {marks.some((mark) => mark.spans[of] != null) && (
            <ErrorBar
              dataKey={`span${of}`}
              direction="y"
              width={4}
              strokeWidth={1.2}
              stroke={colourOf(each.tone)}
              isAnimationActive={false}
            />
          )}
        </Line>
      ))}
    </LineChart>
  );
}
