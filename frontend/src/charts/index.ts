/** Turns the still pictures of figures into charts that answer the pointer. Without script the pictures stay. */

import { BarChart, CustomChart, HeatmapChart, LineChart, ScatterChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { init, use } from "echarts/core";
import type { EChartsType } from "echarts/core";
import { LabelLayout } from "echarts/features";
import { SVGRenderer } from "echarts/renderers";
import { height, options, width } from "./options.ts";
import type { Look, Payload } from "./payload.ts";

use([BarChart, CustomChart, HeatmapChart, LineChart, ScatterChart]);
use([GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, VisualMapComponent, LabelLayout, SVGRenderer]);

const NARROW = 520;

export function mountCharts(root: ParentNode): void {
  for (const place of root.querySelectorAll<HTMLElement>("[data-chart]:not([data-mounted])")) {
    const data = document.getElementById(place.dataset["chart"] ?? "");
    if (!data?.textContent) continue;
    place.dataset["mounted"] = "yes";
    mount(place, JSON.parse(data.textContent) as Payload);
  }
}

/** Wait until the place has a width: a figure folded under its evidence has none. */
function mount(place: HTMLElement, payload: Payload): void {
  const live = document.createElement("div");
  live.className = "figure-live";
  place.append(live);
  let chart: EChartsType | undefined;
  let last = -1;
  const draw = (): void => {
    const page = lookOf(place);
    const wide = width(payload, page);
    // What slides is laid out for the width that it has, not for the screen's.
    const look = { ...page, width: wide };
    const tall = height(payload, look);
    live.style.height = `${tall}px`;
    live.style.width = `${wide}px`;
    slide(place, wide > page.width);
    chart ??= started(live, place);
    chart.resize({ width: wide, height: tall });
    chart.setOption(options(payload, look) as Parameters<EChartsType["setOption"]>[0], true);
  };
  const watch = new ResizeObserver(() => {
    if (!place.isConnected) return watch.disconnect();
    if (!place.clientWidth || place.clientWidth === last) return;
    last = place.clientWidth;
    draw();
  });
  watch.observe(place);
  const theme = new MutationObserver(() => {
    if (!place.isConnected) theme.disconnect();
    else if (chart) draw();
  });
  theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
}

/** What is wider than its place slides sideways, by finger and by keyboard. */
function slide(place: HTMLElement, slides: boolean): void {
  place.classList.toggle("figure-slides", slides);
  if (slides) place.tabIndex = 0;
  else place.removeAttribute("tabindex");
}

function started(live: HTMLElement, place: HTMLElement): EChartsType {
  // The still picture stays for print; figures.css shows one or the other.
  place.classList.add("figure-mounted");
  const chart = init(live, null, { renderer: "svg" });
  chart.on("click", (event) => {
    const url = (event.data as { url?: unknown } | null)?.url;
    if (typeof url === "string" && url.startsWith("/") && !url.startsWith("//")) window.location.assign(url);
  });
  return chart;
}

function lookOf(place: HTMLElement): Look {
  const style = getComputedStyle(place);
  const variable = (name: string, otherwise: string): string => style.getPropertyValue(name).trim() || otherwise;
  return {
    ink: style.color,
    // Labels are measured on a canvas, which does not know the keyword "inherit".
    font: style.fontFamily,
    muted: variable("--tblr-secondary", "#667085"),
    line: variable("--tblr-border-color", "#e4e7ec"),
    paper: variable("--tblr-bg-surface", "#ffffff"),
    width: place.clientWidth,
    narrow: place.clientWidth < NARROW,
  };
}
