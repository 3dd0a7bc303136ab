/** The chart for each kind of figure, and how tall it wants to be. */

import { bars, barsHead, barStep, distribution, distributionWidth } from "./bars.ts";
import { matrix, matrixHead, matrixWidth, timeline, timelineHead } from "./grids.ts";
import { interval, intervalHead } from "./interval.ts";
import { namesBreak } from "./parts.ts";
import { groups } from "./payload.ts";
import type { Look, Option, Payload } from "./payload.ts";
import { quadrant } from "./quadrant.ts";
import { trajectory, trajectoryHead } from "./trajectory.ts";

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
  const breaks = namesBreak(groups(payload, "label"), look);
  switch (payload.kind) {
    case "interval":
      return 64 + intervalHead(payload, look) + rows * (rows > 30 ? 18 : breaks ? 36 : 24);
    case "bars":
      return 64 + barsHead(payload, look) + groups(payload, "label").length * barStep(payload, breaks);
    case "matrix":
      return 24 + matrixHead(payload, look) + groups(payload, "label").length * (breaks ? 36 : 30);
    case "timeline":
      return 64 + timelineHead(payload, look) + rows * (breaks ? 36 : 28);
    case "quadrant":
      return look.narrow ? 380 : 520;
    case "trajectory":
      return (look.narrow ? 230 : 290) + trajectoryHead(payload, look);
    default:
      return look.narrow ? 340 : 360;
  }
}

/** A matrix and a distribution of many names are as wide as these need; what is wider than the page slides. */
export function width(payload: Payload, look: Look): number {
  if (payload.kind === "matrix") return Math.max(look.width, matrixWidth(payload));
  if (payload.kind === "distribution") return Math.max(look.width, distributionWidth(payload));
  return look.width;
}
