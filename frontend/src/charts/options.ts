/** The chart for each kind of figure, and how tall it wants to be. */

import { bars, distribution } from "./bars.ts";
import { matrix, matrixWidth, timeline } from "./grids.ts";
import { interval } from "./interval.ts";
import { groups } from "./payload.ts";
import type { Look, Option, Payload } from "./payload.ts";
import { quadrant } from "./quadrant.ts";
import { trajectory } from "./trajectory.ts";

const KINDS: Record<Payload["kind"], (payload: Payload, look: Look) => Option> = {
  interval,
  quadrant,
  trajectory,
  distribution,
  matrix,
  bars,
  timeline,
};

export function options(payload: Payload, look: Look): Option {
  return KINDS[payload.kind](payload, look);
}

export function height(payload: Payload, look: Look): number {
  const rows = payload.rows.length;
  switch (payload.kind) {
    case "interval":
      return 110 + (look.narrow ? 40 : 0) + rows * (rows > 30 ? 17 : 24);
    case "bars":
      return 100 + groups(payload, "label").length * (14 + 18 * groups(payload, "group").length);
    case "matrix":
      return 90 + groups(payload, "label").length * 30;
    case "timeline":
      return 100 + rows * 28;
    case "quadrant":
      return look.narrow ? 380 : 520;
    default:
      return look.narrow ? 300 : 360;
  }
}

export function width(payload: Payload, look: Look): number {
  return payload.kind === "matrix" ? Math.max(look.width, matrixWidth(payload)) : look.width;
}
