import { styleText } from "node:util";

export type PaintStyle = "dim" | "bold" | "red" | "green" | "yellow" | "cyan" | "magenta";

/** Colours a piece of text, or leaves it as it is. */
export type Paint = (style: PaintStyle, text: string) => string;

/** Colours are used when asked for; whether to ask is decided where the stream and `NO_COLOR` are known. */
export function createPaint(colors: "on" | "off"): Paint {
  if (colors === "off") return (_style, text) => text;
  return (style, text) => styleText(style, text, { validateStream: false });
}
