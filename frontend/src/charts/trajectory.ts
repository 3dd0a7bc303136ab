/** A course over time: the value with its band, beside what was to be expected. */

import { column, label, numeric } from "./payload.ts";
import type { Look, Option, Payload } from "./payload.ts";
import { categoryAxis, frame, legend, markLine, TONES, valueAxis, valueColumn } from "./parts.ts";

export function trajectory(payload: Payload, look: Look): Option {
  const values = (role: string): (number | null)[] => payload.rows.map((row) => numeric(payload, row, role));
  const low = values("low");
  const high = values("high");
  const banded = low.some((value) => value !== null);
  const expected = payload.roles["expected"] === undefined ? null : column(payload, "expected").label;
  const name = valueColumn(payload).label;
  // An area needs two neighbours; a range at a single point is drawn as an upright bar.
  const alone = banded && !low.some((value, place) => value !== null && place > 0 && low[place - 1] !== null);
  const hidden = alone
    ? { type: "bar", stack: "band", stackStrategy: "all", barWidth: 14, silent: true }
    : { type: "line", stack: "band", stackStrategy: "all", symbol: "none", silent: true, lineStyle: { opacity: 0 } };
  const shade = { color: TONES.above.colour, opacity: 0.22 };
  const width = high.map((value, place) => {
    const bottom = low[place] ?? null;
    return value === null || bottom === null ? null : value - bottom;
  });
  return {
    ...frame(payload, look, (datum) => payload.rows[datum.dataIndex]),
    ...legend(look, [name, ...(expected ? [expected] : []), ...(banded ? [payload.words.uncertainty] : [])]),
    grid: { left: 12, right: 28, top: 72, bottom: 32, containLabel: true },
    xAxis: categoryAxis(payload.rows.map((row) => label(payload, row, "x")), look, { boundaryGap: true, axisLabel: { color: look.ink, hideOverlap: true } }),
    yAxis: valueAxis(valueColumn(payload), look),
    series: [
      ...(banded
        ? [
            { ...hidden, data: low, ...(alone ? { itemStyle: { opacity: 0 } } : {}) },
            { ...hidden, name: payload.words.uncertainty, data: width, ...(alone ? { itemStyle: shade } : { areaStyle: shade, itemStyle: { color: TONES.above.colour } }) },
          ]
        : []),
      ...(expected
        ? [{ type: "line", name: expected, data: values("expected"), symbol: "emptyDiamond", symbolSize: 9, lineStyle: { type: "dashed" }, itemStyle: { color: TONES.below.colour } }]
        : []),
      {
        type: "line",
        name,
        data: payload.rows.map((row) => ({ value: numeric(payload, row, "value"), url: row.url })),
        symbol: "circle",
        symbolSize: 9,
        lineStyle: { width: 2.5 },
        itemStyle: { color: TONES.above.colour },
        label: { show: true, color: look.ink, fontWeight: "bold", formatter: (datum: { dataIndex: number }) => label(payload, payload.rows[datum.dataIndex]!, "value") },
        markLine: markLine(payload, look),
      },
    ],
  };
}
