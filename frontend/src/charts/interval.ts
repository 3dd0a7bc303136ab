/** Intervals by row: who lies surely above, surely below, or cannot be told apart. */

import { label, lines, marked, numeric } from "./payload.ts";
import type { Look, Option, Payload } from "./payload.ts";
import { anchors, below, categoryAxis, frame, grid, legend, legendRoom, levelRoom, levels, markLine, named, nameWidth, tone, TONES, valueAxis, valueColumn } from "./parts.ts";
import type { Tone } from "./parts.ts";
import { twoLines, widest } from "./text.ts";

interface Api {
  value(place: number): number;
  coord(point: [number, number]): [number, number];
}

const MEANT: Exclude<Tone, "plain">[] = ["above", "across", "below"];

export function interval(payload: Payload, look: Look): Option {
  const names = payload.rows.map((row) => label(payload, row));
  const tones = payload.rows.map((row) => tone(payload, row));
  const shown = (Object.keys(TONES) as Tone[]).filter((each) => tones.includes(each));
  const words = MEANT.filter((each) => shown.includes(each)).map((each) => payload.words[each]);
  const heights = labelLevels(payload, look, names);
  return {
    ...frame(payload, look, (datum) => payload.rows[(datum.data as { value: [number, number] }).value[1]]),
    ...(words.length ? legend(look, words) : {}),
    ...grid(intervalHead(payload, look)),
    xAxis: valueAxis(valueColumn(payload), look, below()),
    yAxis: categoryAxis(names, look, {
      inverse: true,
      axisLabel: {
        ...named(look),
        rich: { bold: { fontWeight: "bold", color: look.ink, lineHeight: 15 } },
        formatter: (name: string, place: number) => {
          const row = payload.rows[place];
          const shown = twoLines(name.replace(/[{}|]/g, ""), nameWidth(look));
          return row && marked(payload, row) ? shown.split("\n").map((line) => `{bold|${line}}`).join("\n") : shown;
        },
      },
    }),
    series: [
      whiskers(payload, tones),
      ...anchors(payload, (value) => [value, 0], "x"),
      ...shown.map((each, place) => points(payload, look, tones, each, place === 0 ? heights : null)),
    ],
  };
}

/** What legend and labels of reference lines need above the rows. */
export function intervalHead(payload: Payload, look: Look): number {
  const tones = payload.rows.map((row) => tone(payload, row));
  const words = MEANT.filter((each) => tones.includes(each)).map((each) => payload.words[each]);
  return legendRoom(look, words) + levelRoom(labelLevels(payload, look, payload.rows.map((row) => label(payload, row))));
}

function labelLevels(payload: Payload, look: Look, names: string[]): number[] {
  const roles = ["value", "low", "high"];
  const found = payload.rows.flatMap((row) => roles.map((role) => numeric(payload, row, role))).filter((value) => value !== null);
  return levels(payload, look, Math.min(widest(names), nameWidth(look)) + 20, [...found, ...lines(payload, "x").map((line) => line.value)]);
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
      const colour = TONES[tones[place] ?? "plain"].colour;
      return { type: "line", shape: { x1, y1: y, x2, y2: y }, style: { stroke: colour, lineWidth: 2 } };
    },
  };
}

function points(payload: Payload, look: Look, tones: Tone[], each: Tone, heights: number[] | null): Option {
  const sign = TONES[each];
  return {
    type: "scatter",
    ...(each === "plain" ? {} : { name: payload.words[each] }),
    symbol: sign.symbol,
    symbolSize: 10,
    itemStyle: { color: sign.colour },
    data: payload.rows.flatMap((row, place) => {
      const value = numeric(payload, row, "value");
      return tones[place] === each && value !== null ? [{ value: [value, place], url: row.url }] : [];
    }),
    ...(heights ? { markLine: markLine(payload, look, true, heights) } : {}),
  };
}
