import { execFileSync } from "node:child_process";
import { LAB } from "../addresses.ts";

/** The bridge that pods are on. */
export function openBridge(): void {
  ip("link", "add", LAB.bridge, "type", "bridge");
  ip("addr", "add", `${LAB.bridgeAddress}/16`, "dev", LAB.bridge);
  ip("link", "set", LAB.bridge, "up");
}

/** With everything that was learned about who is behind it: a later pod may have the address of an earlier one. */
export function closeBridge(): void {
  ip("link", "del", LAB.bridge);
}

/** A network namespace for a pod with one address on the bridge; everything else of the lab is reached through the bridge. */
export function openPodNetwork(name: string, address: string): void {
  const link = `v${name.slice(-10)}`;
  ip("netns", "add", name);
  ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name);
  ip("link", "set", link, "master", LAB.bridge);
  ip("link", "set", link, "up");
  ip("-n", name, "link", "set", "lo", "up");
  ip("-n", name, "addr", "add", `${address}/16`, "dev", "eth0");
  ip("-n", name, "link", "set", "eth0", "up");
  ip("-n", name, "route", "add", "default", "via", LAB.bridgeAddress);
}

export function closePodNetwork(name: string): void {
  ip("netns", "del", name);
}

/** The processes in it. */
export function pidsOf(name: string): readonly number[] {
  const pids = execFileSync("ip", ["netns", "pids", name], { encoding: "utf8" });
  return pids.split("\n").filter(Boolean).map(Number);
}

function ip(...args: readonly string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
}
