import { isIPv4, isIPv6 } from "node:net";
import { err, ok, type Result } from "./result.ts";

/** A set of address ranges with a cheap membership test. */
export interface CidrSet {
  readonly size: number;
  /** True when the textual IPv4 or IPv6 address is in one of the ranges. IPv4-mapped IPv6 counts as IPv4. */
  has(address: string): boolean;
}

/** An address or CIDR as canonical text: network bits only, prefix always written, IPv4-mapped IPv6 as IPv4. */
export function parseCidr(text: string): Result<string> {
  const slash = text.indexOf("/");
  const address = slash === -1 ? text : text.slice(0, slash);
  const bits = addressBits(address);
  if (bits === null) return err("expected an IP address or a CIDR such as 10.0.0.0/8");
  const width = isIPv4(address) ? 32 : 128;
  const prefixText = slash === -1 ? String(width) : text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(prefixText) || Number(prefixText) > width) {
    return err(`expected a prefix length between 0 and ${width}`);
  }
  const prefix = Number(prefixText);
  if (width === 128 && prefix >= 96 && isMapped(bits)) return ok(formatNetwork(bits & 0xffff_ffffn, prefix - 96, 32));
  return ok(formatNetwork(bits, prefix, width));
}

function formatNetwork(bits: bigint, prefix: number, width: number): string {
  const network = (bits >> BigInt(width - prefix)) << BigInt(width - prefix);
  return `${formatBits(network, width)}/${prefix}`;
}

/** Compiles texts that `parseCidr` accepted; others are skipped. */
export function compileCidrs(cidrs: readonly string[]): CidrSet {
  const v4 = new RangeTable();
  const v6 = new RangeTable();
  let size = 0;
  for (const cidr of cidrs) {
    const canonical = parseCidr(cidr);
    if (!canonical.ok) continue;
    const slash = canonical.value.indexOf("/");
    const address = canonical.value.slice(0, slash);
    const table = isIPv4(address) ? v4 : v6;
    table.add(addressBits(address) ?? 0n, Number(canonical.value.slice(slash + 1)), isIPv4(address) ? 32 : 128);
    size++;
  }
  return {
    size,
    has: (address) => {
      const bits = addressBits(address);
      if (bits === null) return false;
      if (isIPv4(address)) return v4.has(bits, 32);
      return isMapped(bits) ? v4.has(bits & 0xffff_ffffn, 32) : v6.has(bits, 128);
    },
  };
}

/** True when the ranges together hold every IPv4 address and every IPv6 address; texts that `parseCidr` refuses hold none. */
export function coversEveryAddress(cidrs: readonly string[]): boolean {
  const spans = { v4: [] as Span[], v6: [] as Span[] };
  for (const cidr of cidrs) {
    const canonical = parseCidr(cidr);
    if (!canonical.ok) continue;
    const slash = canonical.value.indexOf("/");
    const address = canonical.value.slice(0, slash);
    const width = isIPv4(address) ? 32 : 128;
    const first = addressBits(address) ?? 0n;
    const beyond = first + (1n << BigInt(width - Number(canonical.value.slice(slash + 1))));
    (width === 32 ? spans.v4 : spans.v6).push({ first, beyond });
  }
  return spansAll(spans.v4, 1n << 32n) && spansAll(spans.v6, 1n << 128n);
}

/** Addresses from `first` up to and without `beyond`. */
interface Span {
  readonly first: bigint;
  readonly beyond: bigint;
}

function spansAll(spans: readonly Span[], end: bigint): boolean {
  let reached = 0n;
  for (const { first, beyond } of spans.toSorted((a, b) => (a.first < b.first ? -1 : 1))) {
    if (first > reached) return false;
    if (beyond > reached) reached = beyond;
  }
  return reached === end;
}

/** `::ffff:10.0.0.1` is how a dual-stack socket names an IPv4 peer: the IPv4 address, however the mapped one is spelled. */
export function unmapped(address: string): string {
  if (!address.includes(":")) return address;
  const bits = addressBits(address);
  return bits !== null && isMapped(bits) ? formatBits(bits & 0xffff_ffffn, 32) : address;
}

/** IPv4-mapped IPv6 (RFC 4291 §2.5.5.2). */
function isMapped(bits: bigint): boolean {
  return bits >> 32n === 0xffffn;
}

/** Networks by prefix length: a look-up costs one set probe for each length in use. */
class RangeTable {
  readonly #byPrefix = new Map<number, Set<bigint>>();

  add(network: bigint, prefix: number, width: number): void {
    const set = this.#byPrefix.get(prefix) ?? new Set<bigint>();
    set.add(network >> BigInt(width - prefix));
    this.#byPrefix.set(prefix, set);
  }

  has(address: bigint, width: number): boolean {
    for (const [prefix, networks] of this.#byPrefix) {
      if (networks.has(address >> BigInt(width - prefix))) return true;
    }
    return false;
  }
}

function addressBits(address: string): bigint | null {
  if (isIPv4(address)) return address.split(".").reduce((bits, part) => (bits << 8n) | BigInt(Number(part)), 0n);
  if (!isIPv6(address) || address.includes("%")) return null;
  return groupsOf(address).reduce((bits, group) => (bits << 16n) | BigInt(group), 0n);
}

function groupsOf(address: string): number[] {
  const dotted = address.lastIndexOf(".") === -1 ? address : dottedTailToGroups(address);
  const [head = "", tail] = dotted.split("::");
  const before = parseGroups(head);
  if (tail === undefined) return before;
  const after = parseGroups(tail);
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}

function parseGroups(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}

function dottedTailToGroups(address: string): string {
  const colon = address.lastIndexOf(":");
  const [a = 0, b = 0, c = 0, d = 0] = address
    .slice(colon + 1)
    .split(".")
    .map(Number);
  return `${address.slice(0, colon + 1)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

function formatBits(bits: bigint, width: number): string {
  if (width === 32) return [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 0xffn)).join(".");
  const groups = Array.from({ length: 8 }, (_, i) => ((bits >> BigInt((7 - i) * 16)) & 0xffffn).toString(16));
  return compressZeros(groups);
}

/** The longest run of two or more zero groups becomes `::` (RFC 5952 §4.2). */
function compressZeros(groups: readonly string[]): string {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === "0") end++;
    if (end - start > best.length) best = { start, length: end - start };
  }
  if (best.length < 2) return groups.join(":");
  return `${groups.slice(0, best.start).join(":")}::${groups.slice(best.start + best.length).join(":")}`;
}
