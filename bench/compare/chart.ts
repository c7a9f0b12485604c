import type { ScenarioSummary } from "./summary.ts";

const WIDTH = 860;
const LABEL_WIDTH = 250;
const VALUE_WIDTH = 110;
const BAR_HEIGHT = 13;
const GROUP_GAP = 16;
const TOP = 58;
/** Bars end here; what is longer is cut and says its number. */
const LARGEST_RATIO = 5;
const COLORS: Readonly<Record<string, string>> = {
  headgate: "#d6336c",
  nginx: "#2b8a3e",
  haproxy: "#1971c2",
  caddy: "#0c8599",
  "http-proxy": "#868e96",
  "http-proxy-3": "#adb5bd",
};
const OTHER_COLOR = "#495057";

/** CPU per request as bars, by scenario, as multiples of nginx in the same round: an SVG document. Shorter is better. */
export function chartOf(summaries: readonly ScenarioSummary[]): string {
  const scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH) / LARGEST_RATIO;
  const parts: string[] = [];
  let y = TOP;
  for (const { scenario, rows } of summaries) {
    const drawn = rows.filter(({ ratio }) => Number.isFinite(ratio));
    if (drawn.length === 0) continue;
    parts.push(text(LABEL_WIDTH - 10, y + BAR_HEIGHT, scenario.title, "end"));
    for (const { rival, ratio, cost } of drawn) {
      const length = Math.max(1, Math.min(ratio, LARGEST_RATIO) * scale);
      const color = COLORS[rival] ?? OTHER_COLOR;
      parts.push(rect({ x: LABEL_WIDTH, y, width: length, height: BAR_HEIGHT - 2, color }));
      const label = `${ratio.toFixed(2)} · ${cost.toFixed(1)} µs`;
      parts.push(text(LABEL_WIDTH + length + 5, y + BAR_HEIGHT - 3, label, "start"));
      y += BAR_HEIGHT;
    }
    y += GROUP_GAP;
  }
  const line = LABEL_WIDTH + scale;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}" font-family="system-ui, sans-serif" font-size="11">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<text x="${LABEL_WIDTH}" y="22" font-size="15" fill="#212529">CPU time per request, nginx = 1 (shorter is better)</text>`,
    ...legend(summaries),
    `<line x1="${line}" y1="${TOP - 4}" x2="${line}" y2="${y - GROUP_GAP}" stroke="${COLORS["nginx"]}" stroke-dasharray="3 3"/>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

function legend(summaries: readonly ScenarioSummary[]): readonly string[] {
  const rivals = [...new Set(summaries.flatMap(({ rows }) => rows.map(({ rival }) => rival)))];
  return rivals.flatMap((rival, index) => {
    const x = LABEL_WIDTH + index * 95;
    return [
      rect({ x, y: 34, width: 10, height: 10, color: COLORS[rival] ?? OTHER_COLOR }),
      text(x + 14, 43, rival, "start"),
    ];
  });
}

interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly color: string;
}

function rect({ x, y, width, height, color }: Rect): string {
  return `<rect x="${x}" y="${y}" width="${width.toFixed(1)}" height="${height}" fill="${color}"/>`;
}

function text(x: number, y: number, content: string, anchor: "start" | "end"): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return `<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}" fill="#212529">${escaped}</text>`;
}
