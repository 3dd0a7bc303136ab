/** Bars lying down (one per row) and standing up (bands of a distribution), by group where there are groups. */

import { column, groups, label, lines, numeric } from "./payload.ts";
import type { Look, Option, Payload, Row } from "./payload.ts";
import {
  above, aboveRoom, anchors, below, categoryAxis, edged, frame, grid, legend, legendRoom, levelRoom, levels, markLine, nameWidth, SERIES, standing, standingWidth,
  valueAxis, valueColumn, writtenRoom,
} from "./parts.ts";
import { widest } from "./text.ts";

interface Api {
  value(place: number): number;
  coord(point: [number, number]): [number, number];
}

interface Parts {
  names: string[];
  parts: string[];
  rowOf: (name: string, part: string) => Row | undefined;
}

/** How thick a lying bar is; bars of one name touch, so that whiskers and values know where each lies. */
const THICK = 15;

export function bars(payload: Payload, look: Look): Option {
  const { names, parts, rowOf } = split(payload);
  const heights = labelLevels(payload, look);
  return {
    ...frame(payload, look, (datum) => (datum.data as { row?: Row }).row),
    ...named(look, parts),
    ...grid(barsHead(payload, look), { right: writtenRoom(payload) }),
    xAxis: valueAxis(valueColumn(payload), look, { scale: false, ...below() }),
    yAxis: categoryAxis(names, look, { inverse: true }),
    series: [
      ...parts.map((part, place) => ({
        type: "bar",
        name: part,
        barWidth: THICK,
        barGap: "0%",
        itemStyle: { color: SERIES[place % SERIES.length] },
        data: names.map((name) => datum(payload, rowOf(name, part))),
        ...(place === 0 ? { markLine: markLine(payload, look, true, heights) } : {}),
      })),
      ...anchors(payload, (value) => [value, 0], "x"),
      ...parts.flatMap((part, place) => beside(payload, look, names.map((name) => rowOf(name, part)), (place - (parts.length - 1) / 2) * THICK)),
    ],
  };
}

export function distribution(payload: Payload, look: Look): Option {
  const { names, parts, rowOf } = split(payload);
  return {
    ...frame(payload, look, (found) => (found.data as { row?: Row }).row),
    ...named(look, parts),
    ...grid(legendRoom(look, parts.filter(Boolean)) + aboveRoom(valueColumn(payload), look), { right: 12 }),
    xAxis: categoryAxis(names, look, { name: column(payload, "label").heading, ...standing(names, look) }),
    yAxis: valueAxis(valueColumn(payload), look, { scale: false, ...above(look) }),
    series: parts.map((part, place) => ({
      type: "bar",
      name: part,
      barMaxWidth: 56,
      itemStyle: { color: SERIES[place % SERIES.length] },
      data: names.map((name) => datum(payload, rowOf(name, part))),
      label: {
        show: !look.narrow || parts.length === 1,
        position: "top",
        ...edged(look),
        formatter: (found: { data: { row?: Row } }) => (found.data.row ? label(payload, found.data.row, "value") : ""),
      },
      ...(place === 0 ? { markLine: markLine(payload, look) } : {}),
    })),
  };
}

/** How wide a distribution must be for the names of its bands. */
export function distributionWidth(payload: Payload): number {
  return standingWidth(groups(payload, "label"));
}

/** What legend and labels of reference lines need above lying bars. */
export function barsHead(payload: Payload, look: Look): number {
  return legendRoom(look, groups(payload, "group").filter(Boolean)) + levelRoom(labelLevels(payload, look));
}

/** How tall one name with its bars is. */
export function barStep(payload: Payload, breaks: boolean): number {
  return Math.max(12 + THICK * groups(payload, "group").length, breaks ? 36 : 0);
}

function split(payload: Payload): Parts {
  const at = new Map(payload.rows.map((row) => [`${label(payload, row)}\n${label(payload, row, "group")}`, row]));
  return { names: groups(payload, "label"), parts: groups(payload, "group"), rowOf: (name, part) => at.get(`${name}\n${part}`) };
}

function named(look: Look, parts: string[]): Option {
  const shown = parts.filter(Boolean);
  return shown.length ? legend(look, shown) : {};
}

function datum(payload: Payload, row: Row | undefined): Option {
  return { value: row ? numeric(payload, row, "value") : null, url: row?.url ?? "", row };
}

function labelLevels(payload: Payload, look: Look): number[] {
  const roles = ["value", "low", "high"];
  const found = payload.rows.flatMap((row) => roles.map((role) => numeric(payload, row, role))).filter((value) => value !== null);
  const left = Math.min(widest(groups(payload, "label")), nameWidth(look)) + 20;
  return levels(payload, look, left, [0, ...found, ...lines(payload, "x").map((line) => line.value)]);
}

/** The whiskers of one group, and its values written where bar and whisker end. */
function beside(payload: Payload, look: Look, rows: (Row | undefined)[], offset: number): Option[] {
  const read = (row: Row | undefined, role: string): number | null => (row ? numeric(payload, row, role) : null);
  const ends = rows.map((row) => Math.max(0, read(row, "value") ?? 0, read(row, "high") ?? 0));
  const written = {
    type: "scatter",
    silent: true,
    symbolSize: 0,
    z: 6,
    data: ends.map((end, place) => [end, place]),
    label: {
      show: true,
      position: "right",
      offset: [2, offset],
      ...edged(look),
      formatter: (found: { dataIndex: number }) => (rows[found.dataIndex] ? label(payload, rows[found.dataIndex]!, "value") : ""),
    },
  };
  const ranges = rows.flatMap((row, place) => {
    const [low, high] = [read(row, "low"), read(row, "high")];
    return low === null || high === null ? [] : [[place, low, high]];
  });
  return ranges.length ? [whiskers(look, ranges, offset), written] : [written];
}

function whiskers(look: Look, ranges: number[][], offset: number): Option {
  return {
    type: "custom",
    silent: true,
    z: 3,
    encode: { x: [1, 2], y: 0 },
    data: ranges,
    renderItem: (_: unknown, api: Api) => {
      const [x1, middle] = api.coord([api.value(1), api.value(0)]);
      const [x2] = api.coord([api.value(2), api.value(0)]);
      const y = middle + offset;
      const style = { stroke: look.ink, lineWidth: 1.2 };
      const upright = (x: number): Option => ({ type: "line", shape: { x1: x, y1: y - 4, x2: x, y2: y + 4 }, style });
      return { type: "group", children: [{ type: "line", shape: { x1, y1: y, x2, y2: y }, style }, upright(x1), upright(x2)] };
    },
  };
}
