/** A course over time: the value with its band, beside what was to be expected. */

import { cell, column, label, numeric } from "./payload.ts";
import type { Look, Option, Payload } from "./payload.ts";
import { above, aboveRoom, anchors, below, categoryAxis, edged, frame, grid, legend, legendRoom, markLine, TONES, valueAxis, valueColumn } from "./parts.ts";

type Spots = { kind: "category" | "value" | "time"; at: number[] };

interface Api {
  coord(point: [number, number]): [number, number];
}

export function trajectory(payload: Payload, look: Look): Option {
  const spots = spotsOf(payload);
  const entries = trajectoryEntries(payload);
  const points = (role: string): [number, number | null][] => payload.rows.map((row, place) => [spots.at[place]!, numeric(payload, row, role)]);
  const expected = payload.roles["expected"] === undefined ? null : column(payload, "expected").label;
  return {
    ...frame(payload, look, (datum) => payload.rows[datum.dataIndex]),
    ...legend(look, entries),
    ...grid(trajectoryHead(payload, look)),
    xAxis: timeAxis(payload, look, spots),
    yAxis: valueAxis(valueColumn(payload), look, above(look)),
    series: [
      ...(banded(payload) ? [band(payload, spots)] : []),
      ...anchors(payload, (value) => [spots.at[0] ?? 0, value], "y"),
      ...(expected
        ? [{ type: "line", name: expected, data: points("expected"), symbol: "emptyDiamond", symbolSize: 9, lineStyle: { type: "dashed" }, itemStyle: { color: TONES.below.colour } }]
        : []),
      {
        type: "line",
        name: valueColumn(payload).label,
        data: points("value").map((value, place) => ({ value, url: payload.rows[place]!.url, label: { position: beneath(payload, place) ? "bottom" : "top" } })),
        symbol: "circle",
        symbolSize: 9,
        lineStyle: { width: 2.5 },
        itemStyle: { color: TONES.above.colour },
        label: { show: true, fontWeight: "bold", ...edged(look), formatter: (datum: { dataIndex: number }) => written(payload, datum.dataIndex) },
        labelLayout: { hideOverlap: true },
        markLine: markLine(payload, look),
      },
    ],
  };
}

/** What the legend and the name of the upright axis need above a course. */
export function trajectoryHead(payload: Payload, look: Look): number {
  return legendRoom(look, trajectoryEntries(payload).map((each) => each.name)) + aboveRoom(valueColumn(payload), look);
}

function trajectoryEntries(payload: Payload): { name: string; icon?: string }[] {
  const expected = payload.roles["expected"] === undefined ? [] : [{ name: column(payload, "expected").label }];
  return [{ name: valueColumn(payload).label }, ...expected, ...(banded(payload) ? [{ name: payload.words.uncertainty, icon: "roundRect" }] : [])];
}

function banded(payload: Payload): boolean {
  return payload.rows.some((row) => numeric(payload, row, "low") !== null);
}

/** Whether a value is written under its point, because what was to be expected lies above it. */
function beneath(payload: Payload, place: number): boolean {
  const row = payload.rows[place]!;
  const [value, expected] = [numeric(payload, row, "value"), numeric(payload, row, "expected")];
  return value !== null && expected !== null && expected > value;
}

function written(payload: Payload, place: number): string {
  const row = payload.rows[place]!;
  const note = cell(payload, row, "label") === null ? "" : label(payload, row);
  return [label(payload, row, "value"), ...(note ? [note] : [])].join("\n");
}

/** Where the rows lie: by date or number as in print, else one beside the other. */
function spotsOf(payload: Payload): Spots {
  const kind = column(payload, "x").kind;
  const read = payload.rows.map((row) => {
    const found = cell(payload, row, "x");
    return typeof found === "string" && kind === "date" ? Date.parse(found) : typeof found === "number" ? found : null;
  });
  const known = read.filter((value) => value !== null);
  const apart = known.length === read.length && new Set(known).size === known.length && known.length > 1;
  return apart ? { kind: kind === "date" ? "time" : "value", at: known } : { kind: "category", at: payload.rows.map((_, place) => place) };
}

function timeAxis(payload: Payload, look: Look, spots: Spots): Option {
  const of = column(payload, "x");
  if (spots.kind === "value") return valueAxis(of, look, below());
  const name = { name: of.label, nameTextStyle: { color: look.muted }, ...below() };
  if (spots.kind === "time") return { type: "time", ...name, axisLabel: { color: look.muted, hideOverlap: true }, splitLine: { show: false } };
  const names = payload.rows.map((row) => label(payload, row, "x"));
  return categoryAxis(names, look, { ...name, boundaryGap: true, axisLabel: { color: look.ink, hideOverlap: true } });
}

/** One area for each stretch without a gap, with the range of each point upright in it. */
function band(payload: Payload, spots: Spots): Option {
  const ranges = payload.rows.map((row, place) => [spots.at[place]!, numeric(payload, row, "low"), numeric(payload, row, "high")] as const);
  const whole = (place: number): boolean => ranges[place] !== undefined && ranges[place][1] !== null && ranges[place][2] !== null;
  return {
    type: "custom",
    name: payload.words.uncertainty,
    silent: true,
    encode: { x: 0, y: [1, 2] },
    itemStyle: { color: TONES.above.colour, opacity: 0.3 },
    data: ranges.map((range) => [...range]),
    renderItem: (found: { dataIndex: number }, api: Api) => {
      if (!whole(found.dataIndex) || whole(found.dataIndex - 1)) return null;
      let end = found.dataIndex;
      while (whole(end)) end += 1;
      const stretch = ranges.slice(found.dataIndex, end) as [number, number, number][];
      const up = stretch.map(([x, , high]) => api.coord([x, high]));
      const down = stretch.map(([x, low]) => api.coord([x, low]));
      const upright = up.map(([x, y], place) => ({ type: "line", shape: { x1: x, y1: y, x2: x, y2: down[place]![1] }, style: { stroke: TONES.above.colour, lineWidth: stretch.length > 1 ? 1 : 8, opacity: 0.4 } }));
      const area = { type: "polygon", shape: { points: [...up, ...down.reverse()] }, style: { fill: TONES.above.colour, opacity: 0.22 } };
      return { type: "group", children: [area, ...upright] };
    },
  };
}
