import { detached } from "../lib/detached.ts";
import { type Authority, parseAuthority } from "../lib/host-name.ts";

const SLOTS = 16_384;
/**
 * Authorities that were right, each as the one object that all requests for it share; in slots, since a map would have to look the
 * text up that was just cut out of its head, which costs more than comparing it.
 */
const known: (Authority | undefined)[] = Array.from({ length: SLOTS });

/** What a request's authority says; null when it is none. Nearly all were seen before. */
export function knownAuthority(text: string): Authority | null {
  const slot = slotOf(text);
  const last = known[slot];
  if (last !== undefined && last.text === text) return last;
  // What is remembered must not keep the head alive that it came in.
  const parsed = parseAuthority(detached(text));
  if (!parsed.ok) return null;
  known[slot] = parsed.value;
  return parsed.value;
}

function slotOf(text: string): number {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum = (Math.imul(sum, 31) + text.charCodeAt(i)) | 0;
  return (sum >>> 0) % SLOTS;
}
