/** Axes, tooltips and reference lines that several charts share. */

import { column, cell, described, lines } from "./payload.ts";
import type { Column, Look, Option, Payload, Row } from "./payload.ts";

// The same colours and signs as in print (rendering/svg/parts.py).
export const TONES = {
  above: { colour: "#2b7fc3", symbol: "triangle" },
  across: { colour: "#8a94a6", symbol: "emptyCircle" },
  below: { colour: "#d9692b", symbol: "path://M0 0L10 0L5 9Z" },
} as const;
export const SERIES = ["#2b7fc3", "#e69f00", "#a05a8f", "#7cc4e8", "#1f8f70", "#d98cb3"];
export type Tone = keyof typeof TONES;

const MINUS = "\u2212";

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

export function categoryAxis(names: string[], look: Look, more: Option = {}): Option {
  return {
    type: "category",
    data: names,
    axisTick: { show: false },
    axisLine: { onZero: false, lineStyle: { color: look.muted } },
    axisLabel: { color: look.ink, interval: 0, width: look.narrow ? 96 : 170, overflow: "truncate" },
    ...more,
  };
}

const MARGINS = 90;

/** Names under upright bars: each breaks into lines within the width of its bar, and leaves room for the axis's name. */
export function standing(names: string[], look: Look): Option {
  const width = Math.floor((look.width - MARGINS) / Math.max(names.length, 1)) - 4;
  const label = { color: look.ink, interval: 0, width, overflow: "break", lineHeight: 15, fontSize: look.narrow ? 11 : 12 };
  return { axisLabel: label, nameLocation: "middle", nameGap: look.narrow ? 56 : 42 };
}

/** Reference lines of both axes, as one mark line of a series; `inverse` when the rows run downwards. */
export function markLine(payload: Payload, look: Look, inverse = false): Option {
  const top = { position: inverse ? "start" : "end", rotate: 0 };
  const data = [
    ...lines(payload, "x").map((line) => ({ xAxis: line.value, name: line.label, label: top })),
    ...lines(payload, "y").map((line) => ({ yAxis: line.value, name: line.label })),
  ];
  return {
    silent: true,
    symbol: "none",
    lineStyle: { color: look.ink, type: "dashed", width: 1 },
    label: { formatter: "{b}", color: look.ink, position: "insideEndTop" },
    data,
  };
}

/** Where an interval lies beside the only reference line of the x axis. */
export function tone(payload: Payload, row: Row): Tone {
  const [line, ...more] = lines(payload, "x");
  const low = cell(payload, row, "low");
  const high = cell(payload, row, "high");
  if (!line || more.length || typeof low !== "number" || typeof high !== "number") return "across";
  return low > line.value ? "above" : high < line.value ? "below" : "across";
}

/** What every chart starts from; a tooltip names the row that a datum carries as `row`. */
export function frame(payload: Payload, look: Look, rowOf: (datum: { dataIndex: number; data: unknown }) => Row | undefined): Option {
  return {
    animation: false,
    color: SERIES,
    textStyle: { color: look.ink, fontFamily: look.font },
    grid: { left: 12, right: 28, top: 44, bottom: 44, containLabel: true },
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

export function legend(look: Look, data: string[]): Option {
  return { legend: { data, top: 0, left: 0, itemWidth: 16, itemHeight: 10, textStyle: { color: look.ink }, selectedMode: false } };
}

export function valueColumn(payload: Payload): Column {
  return column(payload, "value");
}
