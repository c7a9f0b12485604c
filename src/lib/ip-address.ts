/** Textual address tests. Re-exported so that folders that must not open sockets need not import `node:net`. */
export { isIP, isIPv4, isIPv6 } from "node:net";
