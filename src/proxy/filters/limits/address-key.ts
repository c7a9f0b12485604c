import { unmapped } from "../../../lib/cidr.ts";

const COLON = 58;
const DOT = 46;

/**
 * Writes the client address as four words: IPv6 in full, IPv4 as `::ffff:a.b.c.d`. Zone ids (`%eth0`) do not count. Text that
 * is no address becomes some key, always the same, so that it is limited rather than free.
 */
export function writeAddressKey(address: string, key: Int32Array): void {
  const plain = unmapped(address);
  if (plain.includes(":")) writeIpv6(plain, key);
  else writeIpv4(plain, key);
}

function writeIpv4(address: string, key: Int32Array): void {
  key[0] = 0;
  key[1] = 0;
  key[2] = 0xffff;
  key[3] = ipv4Word(address, 0);
}

function ipv4Word(text: string, start: number): number {
  let word = 0;
  let part = 0;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      word = (word << 8) | part;
      part = 0;
    } else {
      part = (part * 10 + code - 48) & 0xff;
    }
  }
  return (word << 8) | part;
}

function writeIpv6(address: string, key: Int32Array): void {
  key.fill(0, 0, 4);
  const zone = address.indexOf("%");
  const text = zone === -1 ? address : address.slice(0, zone);
  const dotted = text.includes(".") ? text.lastIndexOf(":") + 1 : text.length;
  const end = dotted === text.length ? 8 : 6;
  writeGroups(text, dotted, end, key);
  if (end === 6) key[3] = ipv4Word(text, dotted);
}

/** Groups before `::` count from the front, those after it from the back. */
function writeGroups(text: string, length: number, end: number, key: Int32Array): void {
  const gap = text.indexOf("::");
  const head = gap === -1 ? length : gap;
  const before = writeRun(text.slice(0, head), 0, key);
  if (gap === -1 || before >= end) return;
  const tail = gap + 2;
  writeRun(text.slice(tail, length), end - countGroups(text, tail, length), key);
}

/** Writes groups between colons, beginning at that one. Returns the group after the last. */
function writeRun(text: string, firstGroup: number, key: Int32Array): number {
  let group = firstGroup;
  let value = 0;
  let digits = 0;
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : COLON;
    if (code !== COLON) {
      value = (value << 4) | hexDigit(code);
      digits++;
      continue;
    }
    if (digits === 0) continue;
    setGroup(key, group++, value);
    value = 0;
    digits = 0;
  }
  return group;
}

function countGroups(text: string, from: number, to: number): number {
  let groups = 0;
  for (let i = from; i < to; i++) {
    if (text.charCodeAt(i) !== COLON && (i === from || text.charCodeAt(i - 1) === COLON)) groups++;
  }
  return groups;
}

function setGroup(key: Int32Array, group: number, value: number): void {
  const word = group >> 1;
  if (word < 4) key[word] = (key[word] ?? 0) | (group % 2 === 0 ? value << 16 : value);
}

function hexDigit(code: number): number {
  return code <= 57 ? code - 48 : (code | 0x20) - 87;
}
