/** What `xuequ.core.rendering.charts.figure_payload` sends: values for the axes, texts for people. */

export type Value = number | string | null;

export interface Column {
  label: string;
  heading: string;
  kind: "text" | "integer" | "number" | "signed" | "percent" | "date";
}

export interface Row {
  key: string;
  url: string;
  values: Value[];
  texts: string[];
}

export interface Payload {
  kind: "interval" | "quadrant" | "trajectory" | "distribution" | "matrix" | "bars" | "timeline";
  title: string;
  alt: string;
  roles: Record<string, number>;
  words: { above: string; across: string; below: string; uncertainty: string };
  columns: Column[];
  rows: Row[];
  references: { axis: string; value: number; label: string }[];
}

/** The colours of the page, which follow the light and dark theme. */
export interface Look {
  ink: string;
  muted: string;
  line: string;
  paper: string;
  font: string;
  width: number;
  narrow: boolean;
}

export type Option = Record<string, unknown>;

export function cell(payload: Payload, row: Row, role: string): Value {
  const place = payload.roles[role];
  return place === undefined ? null : (row.values[place] ?? null);
}

export function numeric(payload: Payload, row: Row, role: string): number | null {
  const value = cell(payload, row, role);
  return typeof value === "number" ? value : null;
}

export function label(payload: Payload, row: Row, role = "label"): string {
  const place = payload.roles[role];
  return place === undefined ? "" : (row.texts[place] ?? "");
}

export function column(payload: Payload, role: string): Column {
  const found = payload.columns[payload.roles[role] ?? -1];
  if (!found) throw new Error(`figure without a column for ${role}`);
  return found;
}

export function marked(payload: Payload, row: Row): boolean {
  const value = cell(payload, row, "highlight");
  return value !== null && value !== "" && value !== 0;
}

/** The different texts of a role in order of first appearance. */
export function groups(payload: Payload, role: string): string[] {
  return [...new Set(payload.rows.map((row) => label(payload, row, role)))];
}

/** A row in words: every column with its value as the tables write it. */
export function described(payload: Payload, row: Row): string {
  return payload.columns.map((each, place) => `${each.heading}  ${row.texts[place] ?? ""}`).join("\n");
}

export function lines(payload: Payload, axis: string): { value: number; label: string }[] {
  return payload.references.filter((line) => line.axis === axis);
}
