import { INGRESS_TABLE } from "../../model/table.ts";
import type { ServingListener } from "./serving-listener.ts";

/** Ports by which clients reach the Ingresses over each scheme, as text. */
export class PublicPorts {
  http = "80";
  https = "443";

  take(listeners: readonly ServingListener[]): void {
    const portOf = (scheme: "http" | "https"): string | undefined =>
      listeners.find(({ listener: { table, traffic } }) => table === INGRESS_TABLE && traffic === scheme)?.declaredPort;
    this.http = portOf("http") ?? "80";
    this.https = portOf("https") ?? "443";
  }
}
