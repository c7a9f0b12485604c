/** Door: the servers for probes and scrapes, and for looking into the running process. */
import { adminRoutes, type AdminPages } from "./pages.ts";
import { openPageServer, type PageServer, type PageServerOptions } from "./page-server.ts";

export { createHealth, type Health } from "./health.ts";
export { type DebugSources, openDebug } from "./debug.ts";
export type { AdminPages } from "./pages.ts";
export type { PageServer } from "./page-server.ts";

export interface AdminOptions extends PageServerOptions {
  readonly pages: AdminPages;
}

/** `/healthz`, `/readyz`, `/livez`, `/metrics`. Rejects when the address cannot be bound. */
export async function openAdmin({ pages, ...options }: AdminOptions): Promise<PageServer> {
  return await openPageServer(options, adminRoutes(pages), () => true);
}
