/** Two measures against each other, with names where there is room. */

import { column, label, marked, numeric } from "./payload.ts";
import type { Look, Option, Payload } from "./payload.ts";
import { below, frame, markLine, TONES, valueAxis } from "./parts.ts";

export function quadrant(payload: Payload, look: Look): Option {
  const rows = payload.rows.filter((row) => numeric(payload, row, "x") !== null && numeric(payload, row, "y") !== null);
  const largest = Math.max(0, ...rows.map((row) => numeric(payload, row, "size") ?? 0));
  return {
    ...frame(payload, look, (datum) => rows[datum.dataIndex]),
    xAxis: valueAxis(column(payload, "x"), look, below()),
    yAxis: valueAxis(column(payload, "y"), look),
    series: [
      {
        type: "scatter",
        data: rows.map((row) => {
          const mark = marked(payload, row);
          const size = numeric(payload, row, "size");
          const share = largest && size !== null ? Math.sqrt(Math.max(size, 0) / largest) : 0.4;
          return {
            value: [numeric(payload, row, "x"), numeric(payload, row, "y")],
            name: label(payload, row),
            url: row.url,
            symbol: mark ? "diamond" : "circle",
            symbolSize: (mark ? 8 : 6) + 12 * share,
            itemStyle: { color: mark ? TONES.below.colour : TONES.above.colour, opacity: 0.8 },
            // A narrow screen has room for the emphasised names only; a touch names the others.
            label: { show: mark || !look.narrow, fontWeight: mark ? "bold" : "normal" },
          };
        }),
        label: { position: "right", formatter: "{b}", color: look.ink, fontSize: 11 },
        labelLayout: { hideOverlap: true },
        markLine: markLine(payload, look),
      },
    ],
  };
}
