/** Every kind of figure becomes a chart. FIGURES names a file of payloads that Python wrote (see tests/core/rendering). */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { height, options, width } from "../src/charts/options.ts";
import { levels, tick, tone } from "../src/charts/parts.ts";
import { described } from "../src/charts/payload.ts";
import { twoLines } from "../src/charts/text.ts";
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
  const scattered = series(options(payload, wide)).filter((each) => each["type"] === "scatter" && each["symbolSize"] !== 0);
  const drawn = scattered.flatMap((each) => each["data"] as unknown[]);
  assert.equal(drawn.length, payload.rows.length);
});

test("beside several lines or none, or without a range, a sign claims nothing", () => {
  const payload = find("interval");
  const line = payload.references[0]!;
  const bare = { ...payload.rows[0]!, values: payload.rows[0]!.values.map((value, at) => (at === payload.roles["low"] ? null : value)) };
  assert.equal(tone(payload, bare), "plain");
  for (const references of [[], [line, { ...line, value: 3 }]]) {
    const other = { ...payload, references };
    assert.deepEqual(new Set(other.rows.map((row) => tone(other, row))), new Set(["plain"]));
    assert.equal(options(other, wide)["legend"], undefined);
  }
});

test("labels of close reference lines stand on lines of their own", () => {
  const payload = find("interval");
  const line = payload.references[0]!;
  const close = { ...payload, references: [line, { ...line, value: 0.1 }, { ...line, value: 0.2 }] };
  assert.deepEqual(levels(close, wide, 100, [-6, 6]), [0, 1, 2]);
  assert.ok(height(close, wide) > height({ ...payload, references: [line] }, wide) - 26);
});

test("bars show the range of each value, and the value beyond its end", () => {
  const payload = find("bars");
  const all = series(options(payload, wide));
  const ranges = all.find((each) => each["type"] === "custom")?.["data"] as number[][];
  const read = (role: string): unknown[] => payload.rows.map((row) => row.values[payload.roles[role]!]);
  assert.deepEqual(ranges.map((range) => range[1]), read("low"));
  assert.deepEqual(ranges.map((range) => range[2]), read("high"));
  const written = all.at(-1)?.["data"] as number[][];
  assert.deepEqual(written.map((point) => point[0]), read("high"));
});

test("bars without ranges have no whiskers", () => {
  const payload = find("bars");
  const { low: _low, high: _high, ...roles } = payload.roles;
  assert.ok(!series(options({ ...payload, roles }, wide)).some((each) => each["type"] === "custom"));
});

test("a missing value breaks the line and its band", () => {
  const payload = find("trajectory");
  const all = series(options(payload, wide));
  const value = (all.at(-1)?.["data"] as { value: [number, number | null] }[]).map((each) => each.value[1]);
  assert.deepEqual(value, [71.5, 74, null, 79.25, 78]);
  const band = all[0] as { data: unknown[][]; renderItem: (found: { dataIndex: number }, api: object) => { children: unknown[] } | null };
  assert.equal(band.data[2]?.[1], null);
  const api = { coord: (point: unknown) => point };
  const drawn = payload.rows.map((_, dataIndex) => band.renderItem({ dataIndex }, api)?.children.length ?? 0);
  assert.deepEqual(drawn, [3, 0, 0, 3, 0], "an area and an upright line for each point, once for each stretch");
});

test("a course over numbers or days keeps their distances", () => {
  const payload = find("trajectory");
  const place = payload.roles["x"]!;
  const at = [0, 0.1, 0.5, 0.9, 1];
  const spread = { ...payload, columns: payload.columns.map((each, index) => (index === place ? { ...each, kind: "percent" as const } : each)) };
  spread.rows = payload.rows.map((row, index) => ({ ...row, values: row.values.map((value, column) => (column === place ? at[index]! : value)) }));
  const option = options(spread, wide);
  assert.equal((option["xAxis"] as Option)["type"], "value");
  const line = series(option).at(-1)?.["data"] as { value: [number, number] }[];
  assert.deepEqual(line.map((each) => each.value[0]), at);
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

test("a matrix or a distribution of many columns is wider than a phone, and no other figure is", () => {
  const narrow = looks[0] as Look;
  const payload = find("matrix");
  const row = payload.rows[0]!;
  const place = payload.roles["column"]!;
  const many = Array.from({ length: 9 }, (_, index) => ({ ...row, texts: row.texts.map((text, at) => (at === place ? `c${index}` : text)) }));
  assert.ok(width({ ...payload, rows: many }, narrow) > narrow.width);
  const bands = find("distribution");
  const first = bands.rows[0]!;
  const twenty = Array.from({ length: 20 }, (_, index) => ({ ...first, texts: first.texts.map((text, at) => (at === bands.roles["label"] ? `${text}${index}` : text)) }));
  assert.ok(width({ ...bands, rows: twenty }, narrow) > narrow.width);
  assert.equal(width(find("interval"), narrow), narrow.width);
});

test("a matrix leaves cells without a value out", () => {
  const payload = find("matrix");
  const cells = series(options(payload, wide))[0]?.["data"] as unknown[];
  assert.equal(cells.length, payload.rows.length - 1);
});

test("long names break on two lines and end in an ellipsis only then", () => {
  assert.equal(twoLines("晨曦小学", 60), "晨曦小学");
  assert.equal(twoLines("人工智能教育", 48), "人工智能\n教育");
  assert.equal(twoLines("人工智能教育课程开设与实施", 48), "人工智能\n教育课…");
  assert.equal(twoLines("share of pupils", 70), "share of \npupils");
});

test("a timeline tells its groups apart by name, and a moment from a span", () => {
  const payload = find("timeline");
  const option = options(payload, wide);
  assert.deepEqual((option["legend"] as { data: { name: string }[] }).data.map((each) => each.name), ["区教育局", "学校"]);
});

test("a tooltip names every column with its unit", () => {
  const payload = find("quadrant");
  const text = described(payload, payload.rows[0]!);
  for (const column of payload.columns) assert.ok(text.includes(column.heading));
});
