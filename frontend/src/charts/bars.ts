/** Bars lying down (one per row) and standing up (bands of a distribution), by group where there are groups. */

import { column, groups, label, numeric } from "./payload.ts";
import type { Look, Option, Payload, Row } from "./payload.ts";
import { below, categoryAxis, frame, legend, markLine, SERIES, standing, valueAxis, valueColumn } from "./parts.ts";

export function bars(payload: Payload, look: Look): Option {
  return barred(payload, look, true);
}

export function distribution(payload: Payload, look: Look): Option {
  return barred(payload, look, false);
}

function barred(payload: Payload, look: Look, lying: boolean): Option {
  const names = groups(payload, "label");
  const parts = groups(payload, "group");
  const at = new Map(payload.rows.map((row) => [`${label(payload, row)}\n${label(payload, row, "group")}`, row]));
  const rowOf = (name: string, part: string): Row | undefined => at.get(`${name}\n${part}`);
  const named = parts.filter((part) => part !== "");
  const amounts = valueAxis(valueColumn(payload), look, { scale: false, ...(lying ? below() : {}) });
  const places = categoryAxis(names, look, lying ? { inverse: true } : { name: column(payload, "label").heading, ...standing(names, look) });
  return {
    ...frame(payload, look, (datum) => (datum.data as { row?: Row }).row),
    ...(named.length ? legend(look, named) : {}),
    xAxis: lying ? amounts : places,
    yAxis: lying ? places : amounts,
    series: parts.map((part, place) => ({
      type: "bar",
      name: part,
      barMaxWidth: lying ? 18 : 56,
      itemStyle: { color: SERIES[place % SERIES.length] },
      data: names.map((name) => {
        const row = rowOf(name, part);
        return { value: row ? numeric(payload, row, "value") : null, url: row?.url ?? "", row };
      }),
      label: {
        show: !look.narrow || parts.length === 1 || lying,
        position: lying ? "right" : "top",
        color: look.ink,
        formatter: (datum: { data: { row?: Row } }) => (datum.data.row ? label(payload, datum.data.row, "value") : ""),
      },
      ...(place === 0 ? { markLine: markLine(payload, look, lying) } : {}),
    })),
  };
}
