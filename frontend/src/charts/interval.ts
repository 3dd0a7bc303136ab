/** Intervals by row: who lies surely above, surely below, or cannot be told apart. */

import { label, marked, numeric } from "./payload.ts";
import type { Look, Option, Payload } from "./payload.ts";
import { below, categoryAxis, frame, legend, markLine, tone, TONES, valueAxis, valueColumn } from "./parts.ts";
import type { Tone } from "./parts.ts";

interface Api {
  value(place: number): number;
  coord(point: [number, number]): [number, number];
}

export function interval(payload: Payload, look: Look): Option {
  const names = payload.rows.map((row) => label(payload, row));
  const tones = payload.rows.map((row) => tone(payload, row));
  const shown = (Object.keys(TONES) as Tone[]).filter((each) => tones.includes(each));
  return {
    ...frame(payload, look, (datum) => payload.rows[(datum.data as { value: [number, number] }).value[1]]),
    ...legend(look, shown.map((each) => payload.words[each])),
    grid: { left: 12, right: 28, top: look.narrow ? 100 : 64, bottom: 44, containLabel: true },
    xAxis: valueAxis(valueColumn(payload), look, below()),
    yAxis: categoryAxis(names, look, {
      inverse: true,
      axisLabel: {
        color: look.ink,
        interval: 0,
        width: look.narrow ? 96 : 170,
        overflow: "truncate",
        rich: { bold: { fontWeight: "bold", color: look.ink } },
        formatter: (name: string, place: number) => {
          const row = payload.rows[place];
          return row && marked(payload, row) ? `{bold|${name.replace(/[{}|]/g, "")}}` : name;
        },
      },
    }),
    series: [whiskers(payload, tones), ...shown.map((each, place) => points(payload, look, tones, each, place === 0))],
  };
}

function whiskers(payload: Payload, tones: Tone[]): Option {
  return {
    type: "custom",
    silent: true,
    encode: { x: [1, 2], y: 0 },
    data: payload.rows.map((row, place) => [place, numeric(payload, row, "low"), numeric(payload, row, "high")]),
    renderItem: (_: unknown, api: Api) => {
      const place = api.value(0);
      const [x1, y] = api.coord([api.value(1), place]);
      const [x2] = api.coord([api.value(2), place]);
      if (!Number.isFinite(x1) || !Number.isFinite(x2)) return null;
      const colour = TONES[tones[place] ?? "across"].colour;
      return { type: "line", shape: { x1, y1: y, x2, y2: y }, style: { stroke: colour, lineWidth: 2 } };
    },
  };
}

function points(payload: Payload, look: Look, tones: Tone[], each: Tone, first: boolean): Option {
  const sign = TONES[each];
  return {
    type: "scatter",
    name: payload.words[each],
    symbol: sign.symbol,
    symbolSize: 10,
    itemStyle: { color: sign.colour },
    data: payload.rows.flatMap((row, place) => {
      const value = numeric(payload, row, "value");
      return tones[place] === each && value !== null ? [{ value: [value, place], url: row.url }] : [];
    }),
    ...(first ? { markLine: markLine(payload, look, true) } : {}),
  };
}
