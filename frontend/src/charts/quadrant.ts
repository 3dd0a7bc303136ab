/** Two measures against each other, with names where there is room. */

import { column, label, lines, marked, numeric } from "./payload.ts";
import type { Look, Option, Payload, Row } from "./payload.ts";
import { above, aboveRoom, anchors, below, edged, frame, grid, levelRoom, markLine, TONES, valueAxis } from "./parts.ts";

export function quadrant(payload: Payload, look: Look): Option {
  const rows = payload.rows.filter((row) => numeric(payload, row, "x") !== null && numeric(payload, row, "y") !== null);
  const largest = Math.max(0, ...rows.map((row) => numeric(payload, row, "size") ?? 0));
  return {
    ...frame(payload, look, (datum) => rows[datum.dataIndex]),
    // The name of the upright axis stands above the label of the upright line.
    ...grid(aboveRoom(column(payload, "y"), look) + levelRoom(lines(payload, "x").map(() => 0))),
    xAxis: valueAxis(column(payload, "x"), look, below()),
    yAxis: valueAxis(column(payload, "y"), look, { ...above(look), nameGap: lines(payload, "x").length ? 26 : 20 }),
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
        label: { position: "right", formatter: "{b}", ...edged(look) },
        labelLayout: { hideOverlap: true },
        markLine: markLine(payload, look, false, [], emptier(payload, rows)),
      },
      ...anchors(payload, (value) => [value, numeric(payload, rows[0]!, "y")!], "x"),
      ...anchors(payload, (value) => [numeric(payload, rows[0]!, "x")!, value], "y"),
    ],
  };
}

/** The end of the lying reference line with fewer points about it: its label stands there. */
function emptier(payload: Payload, rows: Row[]): "End" | "Start" {
  const line = lines(payload, "y")[0]?.value ?? 0;
  const points = rows.map((row) => [numeric(payload, row, "x")!, numeric(payload, row, "y")!] as const);
  const [xs, ys] = [points.map((point) => point[0]), points.map((point) => point[1])];
  const [left, wide] = [Math.min(...xs), Math.max(...xs) - Math.min(...xs)];
  const near = points.filter(([, y]) => Math.abs(y - line) < 0.12 * (Math.max(...ys) - Math.min(...ys)));
  const start = near.filter(([x]) => x < left + wide * 0.35).length;
  return start < near.filter(([x]) => x > left + wide * 0.65).length ? "Start" : "End";
}
