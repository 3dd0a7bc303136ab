/** Axes, tooltips, legends and reference lines that several charts share. */

import { cell, column, described, label, lines } from "./payload.ts";
import type { Column, Look, Option, Payload, Row } from "./payload.ts";
import { linesOf, textWidth, twoLines, widest } from "./text.ts";

// The same colours and signs as in print (rendering/svg/parts.py).
export const TONES = {
  above: { colour: "#2b7fc3", symbol: "triangle" },
  across: { colour: "#8a94a6", symbol: "emptyCircle" },
  below: { colour: "#d9692b", symbol: "path://M0 0L10 0L5 9Z" },
  plain: { colour: "#667085", symbol: "circle" },
} as const;
export const SERIES = ["#2b7fc3", "#e69f00", "#a05a8f", "#7cc4e8", "#1f8f70", "#d98cb3"];
export type Tone = keyof typeof TONES;

const MINUS = "\u2212";
const LINE = 15;

/** Write an axis label as the column writes its cells. */
export function tick(kind: Column["kind"], value: number): string {
  const shown = kind === "percent" ? Number((value * 100).toFixed(6)) : Number(value.toFixed(6));
  const sign = shown < 0 ? MINUS : kind === "signed" && shown > 0 ? "+" : "";
  return `${sign}${Math.abs(shown)}${kind === "percent" ? "%" : ""}`;
}

export function valueAxis(of: Column, look: Look, more: Option = {}): Option {
  return {
    type: "value",
    scale: true,
    name: of.heading,
    nameTextStyle: { color: look.muted },
    axisLabel: { color: look.muted, hideOverlap: true, formatter: (value: number) => tick(of.kind, value) },
    axisLine: { onZero: false, lineStyle: { color: look.muted } },
    splitLine: { lineStyle: { color: look.line } },
    minInterval: of.kind === "integer" ? 1 : 0,
    ...more,
  };
}

export function below(): Option {
  return { nameLocation: "middle", nameGap: 30 };
}

const BESIDE = 76;

/** The name of an upright axis starts at the axis and breaks before the right edge. */
export function above(look: Look): Option {
  return { nameGap: 20, nameTextStyle: { color: look.muted, align: "left", width: look.width - BESIDE, overflow: "break", lineHeight: LINE } };
}

export function aboveRoom(of: Column, look: Look): number {
  return 22 + LINE * linesOf(of.heading, look.width - BESIDE);
}

export function categoryAxis(names: string[], look: Look, more: Option = {}): Option {
  return {
    type: "category",
    data: names,
    axisTick: { show: false },
    axisLine: { onZero: false, lineStyle: { color: look.muted } },
    axisLabel: named(look),
    ...more,
  };
}

/** Names beside lying rows: up to two lines, never more than the share of the width that print gives them. */
export function nameWidth(look: Look): number {
  return Math.max(96, Math.min(240, Math.floor(look.width * 0.36)));
}

export function named(look: Look): Option {
  return { color: look.ink, interval: 0, lineHeight: LINE, formatter: (name: string) => twoLines(name, nameWidth(look)) };
}

export function namesBreak(names: string[], look: Look): boolean {
  return names.some((name) => textWidth(name) > nameWidth(look));
}

const MARGINS = 84;
const NARROWEST = 48;

/** How wide standing bars must be for their names: a phone slides what is wider than it. */
export function standingWidth(names: string[]): number {
  return MARGINS + NARROWEST * names.length;
}

/** Names under upright bars: each breaks into lines within the width of its bar, and leaves room for the axis's name. */
export function standing(names: string[], look: Look): Option {
  const width = Math.floor((look.width - MARGINS) / Math.max(names.length, 1)) - 4;
  const label = { color: look.ink, interval: 0, width, overflow: "break", lineHeight: LINE };
  const most = Math.max(1, ...names.map((name) => linesOf(name, width)));
  return { axisLabel: label, nameLocation: "middle", nameGap: 16 + LINE * most };
}

/** On how many lines the labels of upright reference lines stand, so that none lies on another. */
export function levels(payload: Payload, look: Look, left: number, values: number[]): number[] {
  const found = lines(payload, "x");
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const across = (value: number): number => left + ((value - low) / (high - low || 1)) * (look.width - left - 40);
  const ends: number[] = [];
  const order = found.map((_, place) => place).sort((a, b) => found[a]!.value - found[b]!.value);
  const chosen = found.map(() => 0);
  for (const place of order) {
    const half = textWidth(found[place]!.label) / 2 + 4;
    const middle = across(found[place]!.value);
    let level = ends.findIndex((end) => end < middle - half);
    if (level < 0) level = ends.length;
    ends[level] = middle + half;
    chosen[place] = level;
  }
  return chosen;
}

export function levelRoom(found: number[]): number {
  return found.length ? 8 + LINE * (Math.max(...found) + 1) : 0;
}

/** Reference lines of both axes, as one mark line of a series; `inverse` when the rows run downwards. */
export function markLine(payload: Payload, look: Look, inverse = false, heights: number[] = [], side: "End" | "Start" = "End"): Option {
  const top = (place: number): Option => ({ position: inverse ? "start" : "end", rotate: 0, distance: 5 + LINE * (heights[place] ?? 0) });
  const data = [
    ...lines(payload, "x").map((line, place) => ({ xAxis: line.value, name: line.label, label: top(place) })),
    ...lines(payload, "y").map((line) => ({ yAxis: line.value, name: line.label })),
  ];
  return {
    silent: true,
    symbol: "none",
    lineStyle: { color: look.ink, type: "dashed", width: 1 },
    label: { formatter: "{b}", position: `inside${side}Top`, ...edged(look) },
    data,
  };
}

/** Reference lines belong to the picture even where no row reaches them: unseen points stretch the axis. */
export function anchors(payload: Payload, point: (value: number) => [number, number], axis: "x" | "y"): Option[] {
  const data = lines(payload, axis).map((line) => point(line.value));
  return data.length ? [{ type: "scatter", silent: true, symbolSize: 0, data }] : [];
}

/** A text that can be read over lines and bars. */
export function edged(look: Look): Option {
  return { color: look.ink, textBorderColor: look.paper, textBorderWidth: 3 };
}

/** Where an interval lies beside the only reference line of the x axis; plain where that has no meaning. */
export function tone(payload: Payload, row: Row): Tone {
  const [line, ...more] = lines(payload, "x");
  const low = cell(payload, row, "low");
  const high = cell(payload, row, "high");
  if (!line || more.length || typeof low !== "number" || typeof high !== "number") return "plain";
  return low > line.value ? "above" : high < line.value ? "below" : "across";
}

/** What every chart starts from; a tooltip names the row that a datum carries as `row`. */
export function frame(payload: Payload, look: Look, rowOf: (datum: { dataIndex: number; data: unknown }) => Row | undefined): Option {
  return {
    animation: false,
    color: SERIES,
    textStyle: { color: look.ink, fontFamily: look.font },
    tooltip: {
      renderMode: "richText",
      confine: true,
      formatter: (datum: { dataIndex: number; data: unknown }) => {
        const row = rowOf(datum);
        return row ? described(payload, row) : "";
      },
    },
  };
}

/** Where the axes lie: `top` is what legend, names and labels above them need. */
export function grid(top: number, more: Option = {}): Option {
  return { grid: { left: 12, right: 28, top: top + 8, bottom: 44, containLabel: true, ...more } };
}

export interface Entry {
  name: string;
  icon?: string;
  itemStyle?: Option;
  lineStyle?: Option;
}

const SIGN = 16;
const GAP = 12;

export function legend(look: Look, entries: (Entry | string)[]): Option {
  const data = entries.map((each) => (typeof each === "string" ? { name: each } : each));
  return { legend: { data, top: 0, left: 0, itemWidth: SIGN, itemHeight: 10, itemGap: GAP, textStyle: { color: look.ink }, selectedMode: false } };
}

/** How much room a legend with these names takes at the top. */
export function legendRoom(look: Look, names: string[]): number {
  if (!names.length) return 0;
  let [rows, at] = [1, 0];
  for (const name of names) {
    const wide = SIGN + GAP + 8 + textWidth(name);
    if (at > 0 && at + wide > look.width) [rows, at] = [rows + 1, 0];
    at += wide;
  }
  return 26 * rows;
}

/** The room for values written at the right end of bars. */
export function writtenRoom(payload: Payload, role = "value"): number {
  return 20 + widest(payload.rows.map((row) => label(payload, row, role)));
}

export function valueColumn(payload: Payload): Column {
  return column(payload, "value");
}
