/** Name of a table of hosts. A request is looked up in one table, that of its listener. */
export type TableId = string;

/** The table that all Ingresses share. Every other one has the rules of Gateway API. */
export const INGRESS_TABLE: TableId = "ingress";

/**
 * The rules of a table.
 * - `nginx`, as ingress-nginx: a wildcard stands for one label; a host (`VirtualHost`) that is known is the only one that serves its
 *   requests; what no host is for goes to the default server `_`; the settings' defaults apply.
 * - `ranked`, as Gateway API: a wildcard stands for any number of labels; a host has the routes of all groups (`RankedGroup`) that name it, in
 *   the order of their ranks, and where none of them matches, the next host that is less specific is asked, at last `_`; nothing applies
 *   that no group asks for; what nothing matches is not found.
 */
export type TableKind = "nginx" | "ranked";

export function tableKind(id: TableId): TableKind {
  return id === INGRESS_TABLE ? "nginx" : "ranked";
}
