/** About how wide texts are, so that legends, names and labels get the room they need before they are drawn. */

const NARROW: Record<string, number> = { " ": 0.23, ".": 0.28, ",": 0.28, ":": 0.28, i: 0.28, l: 0.28, I: 0.3, "(": 0.34, ")": 0.34, "-": 0.35 };

/** The same widths as in print (rendering/svg/canvas.py). */
export function textWidth(text: string, font = 12): number {
  return font * [...text].reduce((sum, each) => sum + advance(each), 0);
}

function advance(each: string): number {
  if (each in NARROW) return NARROW[each]!;
  if (each >= "A" && each <= "Z") return 0.66;
  return each < "\u0080" || each === "\u2212" ? 0.56 : 1;
}

export function widest(texts: string[], font = 12): number {
  return Math.max(0, ...texts.map((each) => textWidth(each, font)));
}

/** How many lines a text takes within a width; `most` is where it is cut. */
export function linesOf(text: string, width: number, most = Infinity): number {
  return Math.min(most, Math.max(1, Math.ceil(textWidth(text) / Math.max(width, 12))));
}

/** The text on at most two lines of a width; what is longer ends in an ellipsis. */
export function twoLines(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  const first = fitting(text, width);
  const rest = text.slice(first.length);
  if (textWidth(rest) <= width) return `${first}\n${rest}`;
  return `${first}\n${fitting(rest, width - textWidth("…"))}…`;
}

/** As much of the text's beginning as fits, broken at a space where there is one late enough. */
function fitting(text: string, width: number): string {
  let end = text.length;
  while (end > 1 && textWidth(text.slice(0, end)) > width) end -= 1;
  const space = text.lastIndexOf(" ", end);
  return text.slice(0, end < text.length && space > end / 2 ? space + 1 : end);
}
