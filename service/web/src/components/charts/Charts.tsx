import { useRef } from "react";
import { useWidth } from "../layered/useWidth";
import { savePng, saveSvg } from "../pictures";
import { BarsChart } from "./BarsChart";
import style from "./Charts.module.css";
import type { Chart } from "./chart";
import { GridChart } from "./GridChart";
import { Legend } from "./Legend";
import { LinesChart } from "./LinesChart";
import { PointsChart } from "./PointsChart";
import { asSvg } from "./saving";

/** Charts below each other, and buttons that save all of them as one picture. The table of the same is beside them. */
export default function Charts({ charts, label, name }: { charts: readonly Chart[]; label: string; name: string }) {
  const drawn = useRef<HTMLDivElement>(null);
  const width = useWidth(drawn);
  const element = () => drawn.current as HTMLDivElement;
  return (
    <div className={style.frame}>
      <div ref={drawn} className={style.charts}>
        {width > 1 &&
          charts.map((chart, at) => (
            <figure key={chart.title ?? at} className={style.chart}>
              {chart.title !== undefined && <figcaption data-drawn>{chart.title}</figcaption>}
              {"series" in chart && <Legend series={chart.series} lines={chart.kind === "lines"} />}
              <Drawn chart={chart} width={width} label={[label, chart.title].filter(Boolean).join(", ")} />
              {chart.left !== undefined && <p className="quiet">{chart.left}</p>}
            </figure>
          ))}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for what is filled in */}
      <div role="group" aria-label={`Save the chart of ${label}`} className="row middle">
        <span className="quiet">Save the chart:</span>
        <button type="button" aria-label="Save the chart as SVG" onClick={() => saveSvg(asSvg(element()), name)}>
          SVG
        </button>
        <button type="button" aria-label="Save the chart as PNG" onClick={() => savePng(asSvg(element()), name)}>
          PNG
        </button>
      </div>
    </div>
  );
}

function Drawn({ chart, width, label }: { chart: Chart; width: number; label: string }) {
  if (chart.kind === "bars") return <BarsChart chart={chart} width={width} label={label} />;
  if (chart.kind === "lines") return <LinesChart chart={chart} width={width} label={label} />;
  if (chart.kind === "points") return <PointsChart chart={chart} width={width} label={label} />;
  return <GridChart chart={chart} width={width} label={label} />;
}
