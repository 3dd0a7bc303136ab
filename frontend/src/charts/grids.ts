/** A matrix of shaded cells, and a timeline of spans. */

import { cell, column, groups, label, numeric } from "./payload.ts";
import type { Look, Option, Payload, Row } from "./payload.ts";
import { categoryAxis, frame, SERIES, valueColumn } from "./parts.ts";

const DIVERGING = ["#b3470f", "#e38b4f", "#f8ddc8", "#f7f7f7", "#cfe2f2", "#6aaad6", "#0b5394"];
const BLUES = ["#f2f7fc", "#d6e6f4", "#a9cce8", "#6aaad6", "#2f7fbd", "#0b5394"];

const CELL = 64;
const NAMES = 100;

/** How wide a matrix must be for its texts: a phone slides it sideways. */
export function matrixWidth(payload: Payload): number {
  return NAMES + CELL * groups(payload, "column").length;
}

export function matrix(payload: Payload, look: Look): Option {
  const across = groups(payload, "column");
  const down = groups(payload, "label");
  const found = payload.rows.filter((row) => numeric(payload, row, "value") !== null);
  const values = found.map((row) => numeric(payload, row, "value") ?? 0);
  const signed = valueColumn(payload).kind === "signed";
  const reach = Math.max(...values.map(Math.abs), 1e-9);
  // A cell without a value says why, such as "too few": it stands as a mark without a shade.
  const withheld = payload.rows.filter((row) => numeric(payload, row, "value") === null && label(payload, row, "value"));
  const [low, high] = signed ? [-reach, reach] : [Math.min(...values), Math.max(...values)];
  return {
    ...frame(payload, look, (datum) => found[datum.dataIndex]),
    grid: { left: 12, right: 12, top: 56, bottom: 12, containLabel: true },
    xAxis: categoryAxis(across, look, { position: "top", axisLabel: { color: look.ink, interval: 0, width: look.narrow ? CELL - 8 : 110, overflow: "break" } }),
    yAxis: categoryAxis(down, look, { inverse: true }),
    visualMap: {
      show: false,
      min: low,
      max: high,
      seriesIndex: 0,
      inRange: { color: signed ? DIVERGING : BLUES },
    },
    series: [
      {
        type: "heatmap",
        itemStyle: { borderColor: look.paper, borderWidth: 2 },
        data: found.map((row) => ({
          value: [across.indexOf(label(payload, row, "column")), down.indexOf(label(payload, row)), numeric(payload, row, "value")],
          url: row.url,
          label: { color: readable((numeric(payload, row, "value") ?? 0) - low, high - low, signed) },
        })),
        label: {
          show: true,
          formatter: (datum: { dataIndex: number }) => label(payload, found[datum.dataIndex]!, "value"),
        },
      },
      {
        type: "scatter",
        silent: true,
        symbolSize: 0,
        data: withheld.map((row) => [across.indexOf(label(payload, row, "column")), down.indexOf(label(payload, row))]),
        label: { show: true, color: look.muted, formatter: (datum: { dataIndex: number }) => label(payload, withheld[datum.dataIndex]!, "value") },
      },
    ],
  };
}

/** White on the dark ends of the scale, ink elsewhere, in either theme. */
function readable(above: number, range: number, signed: boolean): string {
  const share = range > 0 ? above / range : 0;
  return share > 0.9 || (signed && share < 0.08) ? "#ffffff" : "#1d2939";
}

interface Api {
  value(place: number): number;
  coord(point: [number, number]): [number, number];
}

export function timeline(payload: Payload, look: Look): Option {
  const parts = groups(payload, "group");
  const dated = column(payload, "start").kind === "date";
  const time = (row: Row, role: string): number | null => {
    const value = cell(payload, row, role);
    return typeof value === "string" ? Date.parse(value) : value;
  };
  return {
    ...frame(payload, look, (datum) => payload.rows[datum.dataIndex]),
    xAxis: { type: dated ? "time" : "value", scale: true, axisLabel: { color: look.muted, hideOverlap: true }, splitLine: { show: true, lineStyle: { color: look.line } } },
    yAxis: categoryAxis(payload.rows.map((row) => label(payload, row)), look, { inverse: true }),
    series: [
      {
        type: "custom",
        encode: { x: [1, 2], y: 0 },
        data: payload.rows.map((row, place) => {
          const start = time(row, "start");
          return { value: [place, start, time(row, "end") ?? start], url: row.url };
        }),
        renderItem: (_: unknown, api: Api) => {
          const place = api.value(0);
          const [x1, y] = api.coord([api.value(1), place]);
          const [x2] = api.coord([api.value(2), place]);
          const row = payload.rows[place];
          const fill = SERIES[Math.max(0, parts.indexOf(row ? label(payload, row, "group") : "")) % SERIES.length];
          return { type: "rect", shape: { x: x1, y: y - 8, width: Math.max(x2 - x1, 8), height: 16, r: 3 }, style: { fill } };
        },
      },
    ],
  };
}
