/** Every kind of figure becomes a chart. FIGURES names a file of payloads that Python wrote (see tests/core/rendering). */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { height, options, width } from "../src/charts/options.ts";
import { tick, tone } from "../src/charts/parts.ts";
import { described } from "../src/charts/payload.ts";
import type { Look, Option, Payload } from "../src/charts/payload.ts";

const payloads = JSON.parse(readFileSync(process.env["FIGURES"] ?? "", "utf8")) as Payload[];
const looks: Look[] = [true, false].map((narrow) => ({ ink: "#111", muted: "#666", line: "#ddd", paper: "#fff", font: "sans-serif", width: narrow ? 300 : 700, narrow }));
const wide = looks[1] as Look;
const series = (option: Option): Option[] => option["series"] as Option[];
const find = (kind: string): Payload => payloads.find((payload) => payload.kind === kind) as Payload;

for (const payload of payloads) {
  test(`${payload.kind}: options and height on both widths`, () => {
    for (const look of looks) {
      assert.ok(series(options(payload, look)).length > 0);
      assert.ok(height(payload, look) > 100 && height(payload, look) < 2000);
      const tooltip = options(payload, look)["tooltip"] as Option;
      assert.equal(tooltip["renderMode"], "richText", "an HTML tooltip breaks the content policy");
    }
  });
}

test("numbers on axes are written as in tables", () => {
  assert.equal(tick("signed", 0.30000000000000004), "+0.3");
  assert.equal(tick("signed", -2), "\u22122");
  assert.equal(tick("percent", 0.285), "28.5%");
  assert.equal(tick("integer", 0), "0");
});

test("an interval has a tone by where it lies", () => {
  const payload = find("interval");
  const tones = payload.rows.map((row) => tone(payload, row));
  assert.equal(tones[0], "above");
  assert.equal(tones.at(-1), "below");
  assert.ok(tones.includes("across"));
  const scattered = series(options(payload, wide)).filter((each) => each["type"] === "scatter");
  const drawn = scattered.flatMap((each) => each["data"] as unknown[]);
  assert.equal(drawn.length, payload.rows.length);
});

test("a missing value breaks the line and its band", () => {
  const payload = find("trajectory");
  const all = series(options(payload, wide));
  const value = (all.at(-1)?.["data"] as { value: number | null }[]).map((each) => each.value);
  assert.deepEqual(value, [71.5, 74, null, 79.25, 78]);
  assert.equal((all[0]?.["data"] as unknown[])[2], null);
});

test("names under upright bars are all shown and break within their bar", () => {
  const payload = find("distribution");
  for (const look of looks) {
    const axis = options(payload, look)["xAxis"] as { data: string[]; axisLabel: { interval: number; width: number; overflow: string } };
    assert.equal(axis.axisLabel.interval, 0);
    assert.equal(axis.axisLabel.overflow, "break");
    assert.ok(axis.axisLabel.width * axis.data.length < look.width);
  }
});

test("a matrix of many columns is wider than a phone, and no other figure is", () => {
  const narrow = looks[0] as Look;
  const payload = find("matrix");
  const row = payload.rows[0]!;
  const place = payload.roles["column"]!;
  const many = Array.from({ length: 9 }, (_, index) => ({ ...row, texts: row.texts.map((text, at) => (at === place ? `c${index}` : text)) }));
  assert.ok(width({ ...payload, rows: many }, narrow) > narrow.width);
  assert.equal(width(find("interval"), narrow), narrow.width);
});

test("a matrix leaves cells without a value out", () => {
  const payload = find("matrix");
  const cells = series(options(payload, wide))[0]?.["data"] as unknown[];
  assert.equal(cells.length, payload.rows.length - 1);
});

test("a tooltip names every column with its unit", () => {
  const payload = find("quadrant");
  const text = described(payload, payload.rows[0]!);
  for (const column of payload.columns) assert.ok(text.includes(column.heading));
});
