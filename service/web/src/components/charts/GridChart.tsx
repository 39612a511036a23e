import { scaleLinear } from "d3-scale";
import { type KeyboardEvent, useRef, useState } from "react";
import style from "./Charts.module.css";
import type { Grid } from "./chart";
import { brief, clipped } from "./format";

const SMALLEST = 18;
const LARGEST = 44;
const HEIGHT = 26;
const LEFT = 44;
const FLAT = 4;
const SLANTED = 64;
const TEXT = 28; // a cell that is as wide has its number in it
const MOVES: Readonly<Record<string, readonly [down: number, right: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** A map of rows and columns: blue above 0, orange and framed below; what a cell is, on hover and by arrow keys. */
export function GridChart({ chart, width, label }: { chart: Grid; width: number; label: string }) {
  const svg = useRef<SVGSVGElement>(null);
  const [[row, column], reach] = useState<[number, number]>([0, 0]);
  const [shown, show] = useState<[number, number] | null>(null);
  const { rows, columns, cells } = chart;
  const cellBeside = (right: number) =>
    Math.min(LARGEST, Math.max(SMALLEST, (width - LEFT - right) / Math.max(1, columns.length)));
  const slanted = columns.some((name) => name.length * 6.4 > cellBeside(FLAT));
  const right = slanted ? SLANTED : FLAT; // of the last column's name
  const cell = cellBeside(right);
  const foot = slanted ? 92 : 22;
  const most = Math.max(1e-9, ...cells.flat().map((value) => Math.abs(value ?? 0)));
  const strength = scaleLinear([0, chart.range?.[1] ?? most], [0, 0.58]).clamp(true);
  const says = (r: number, c: number) => {
    const value = cells[r]?.[c] ?? null;
    return `${chart.row} ${rows[r]}, ${columns[c]}: ${value === null ? "none" : brief(value)}`;
  };
  const move = (event: KeyboardEvent) => {
    const by = MOVES[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = [within(row + by[0], rows.length), within(column + by[1], columns.length)] as const;
    reach([...next]);
    svg.current?.querySelector<SVGElement>(`[data-cell="${next.join(" ")}"]`)?.focus();
  };
  return (
    <div className={style.grid}>
      <svg
        ref={svg}
        width={LEFT + columns.length * cell + right}
        height={rows.length * HEIGHT + foot}
        role="application"
        aria-label={`${label}. Arrow keys move among the cells.`}
        onKeyDown={move}
        onPointerLeave={() => show(null)}
      >
        {rows.map((name, r) => (
          <text
            key={name}
            x={LEFT - 8}
            y={(r + 0.5) * HEIGHT}
            dy="0.35em"
            textAnchor="end"
            fontSize={12}
            fill="var(--quiet)"
          >
            {name}
          </text>
        ))}
        {columns.map((name, c) => {
          const [x, y] = [LEFT + (c + 0.5) * cell, rows.length * HEIGHT + 14];
          return (
            <text
              key={name}
              x={x}
              y={y}
              fontSize={12}
              fill="var(--quiet)"
              textAnchor={slanted ? "start" : "middle"}
              transform={slanted ? `rotate(40 ${x} ${y})` : undefined}
            >
              {clipped(name, 112)}
            </text>
          );
        })}
        {cells.map((values, r) =>
          values.map((value, c) => {
            const [x, y] = [LEFT + c * cell, r * HEIGHT];
            const below = value !== null && value < 0;
            return (
              // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: it is read, and leads nowhere
              <g
                key={`${rows[r]} ${columns[c]}`}
                className={style.cell}
                data-cell={`${r} ${c}`}
                role="img"
                aria-label={says(r, c)}
                tabIndex={r === row && c === column ? 0 : -1}
                onPointerEnter={() => show([r, c])}
                onFocus={() => {
                  reach([r, c]);
                  show([r, c]);
                }}
                onBlur={() => show(null)}
              >
                <rect x={x} y={y} width={cell} height={HEIGHT} fill="var(--paper)" stroke="var(--line)" />
                {value !== null && (
                  <rect
                    x={x + 1}
                    y={y + 1}
                    width={cell - 2}
                    height={HEIGHT - 2}
                    fill={below ? "var(--negative)" : "var(--positive)"}
                    fillOpacity={strength(Math.abs(value))}
                    stroke={below ? "var(--negative)" : "none"}
                    strokeDasharray={below ? "3 2" : undefined}
                  />
                )}
                {value !== null && cell >= TEXT && (
                  <text
                    x={x + cell / 2}
                    y={y + HEIGHT / 2}
                    dy="0.35em"
                    textAnchor="middle"
                    fontSize={11}
                    fill="var(--ink)"
                  >
                    {short(value)}
                  </text>
                )}
              </g>
            );
          }),
        )}
        <text x={4} y={rows.length * HEIGHT + 14} fontSize={12} fill="var(--quiet)">
          {chart.row}
        </text>
      </svg>
      <p className={style.key}>
        <span data-drawn>{`Across: ${chart.column}. Upwards: ${chart.row}. Colour: ${chart.value}.`}</span>
      </p>
      <p className={style.reading} aria-hidden="true">
        {shown === null ? "Point at a cell, or reach it by Tab and arrow keys." : says(...shown)}
      </p>
    </div>
  );
}

const within = (at: number, count: number) => Math.min(count - 1, Math.max(0, at));

/** Two decimals without the zero before them. */
const short = (value: number): string => {
  const rounded = value.toFixed(2).replace("-", "−");
  return rounded.replace(/^(−?)0\./, "$1.");
};
