/** A matrix of shaded cells, and a timeline of spans. */

import { cell, column, groups, label, numeric } from "./payload.ts";
import type { Look, Option, Payload, Row } from "./payload.ts";
import { categoryAxis, frame, grid, legend, legendRoom, SERIES, valueColumn } from "./parts.ts";
import { linesOf } from "./text.ts";

const DIVERGING = ["#b3470f", "#e38b4f", "#f8ddc8", "#f7f7f7", "#cfe2f2", "#6aaad6", "#0b5394"];
const BLUES = ["#f2f7fc", "#d6e6f4", "#a9cce8", "#6aaad6", "#2f7fbd", "#0b5394"];

const CELL = 72;
const NAMES = 100;

/** How wide a matrix must be for its texts: a phone slides it sideways. */
export function matrixWidth(payload: Payload): number {
  return NAMES + CELL * groups(payload, "column").length;
}

/** What the names of the columns need above a matrix. */
export function matrixHead(payload: Payload, look: Look): number {
  return 16 * Math.max(1, ...groups(payload, "column").map((name) => linesOf(name, headWidth(payload, look))));
}

function headWidth(payload: Payload, look: Look): number {
  const cell = (look.width - NAMES) / Math.max(groups(payload, "column").length, 1);
  return Math.max(CELL, Math.floor(cell)) - 8;
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
    ...grid(0, { right: 12, bottom: 12 }),
    xAxis: categoryAxis(across, look, { position: "top", axisLabel: { color: look.ink, interval: 0, width: headWidth(payload, look), overflow: "break" } }),
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
  const shown = parts.filter(Boolean);
  const dated = column(payload, "start").kind === "date";
  return {
    ...frame(payload, look, (datum) => (datum.data as { row?: Row }).row),
    ...(shown.length ? legend(look, shown) : {}),
    ...grid(timelineHead(payload, look)),
    xAxis: { type: dated ? "time" : "value", scale: true, axisLabel: { color: look.muted, hideOverlap: true }, splitLine: { show: true, lineStyle: { color: look.line } } },
    yAxis: categoryAxis(payload.rows.map((row) => label(payload, row)), look, { inverse: true }),
    series: parts.map((part, place) => spans(payload, part, SERIES[place % SERIES.length]!)),
  };
}

/** What the legend needs above a timeline. */
export function timelineHead(payload: Payload, look: Look): number {
  return legendRoom(look, groups(payload, "group").filter(Boolean));
}

/** The spans of one group; a row without an end is one moment, drawn as in print. */
function spans(payload: Payload, part: string, fill: string): Option {
  const data = payload.rows.flatMap((row, place) => {
    const start = time(payload, row, "start");
    return label(payload, row, "group") === part ? [{ value: [place, start, time(payload, row, "end") ?? start], url: row.url, row }] : [];
  });
  return {
    type: "custom",
    name: part,
    itemStyle: { color: fill },
    encode: { x: [1, 2], y: 0 },
    data,
    renderItem: (_: unknown, api: Api) => {
      const [x1, y] = api.coord([api.value(1), api.value(0)]);
      const [x2] = api.coord([api.value(2), api.value(0)]);
      if (!(x2 > x1)) return { type: "polygon", shape: { points: [[x1, y - 9], [x1 + 9, y], [x1, y + 9], [x1 - 9, y]] }, style: { fill } };
      return { type: "rect", shape: { x: x1, y: y - 8, width: Math.max(x2 - x1, 4), height: 16, r: 3 }, style: { fill } };
    },
  };
}

function time(payload: Payload, row: Row, role: string): number | null {
  const value = cell(payload, row, role);
  return typeof value === "string" ? Date.parse(value) : value;
}
