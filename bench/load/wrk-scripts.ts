import { hostName } from "../rivals/setup.ts";
import type { LoadTarget } from "./target.ts";

const UPLOAD_BYTES = 1_048_576;
const CHUNK_BYTES = 65_536;

/** Lua for wrk: the same GET again and again. */
export function getScript({ host, port, cookie }: LoadTarget): string {
  const lines = [`wrk.headers["Host"] = "${host}:${port}"`];
  if (cookie !== "") lines.push(`wrk.headers["Cookie"] = "${cookie}"`);
  return lines.join("\n");
}

/** Lua for wrk: a GET to one of so many hosts, the order made by a multiplicative generator with a fixed seed. */
export function hostsScript(hosts: number, { host, path }: LoadTarget): string {
  const name = hosts === 1 ? `"${host}"` : `("${hostName(0)}"):gsub("0", tostring(i), 1)`;
  return `local requests = {}
for i = 0, ${hosts - 1} do requests[i] = "GET ${path} HTTP/1.1\\r\\nHost: " .. (${name}) .. "\\r\\n\\r\\n" end
local state = 12345
request = function()
  state = (state * 48271) % 2147483647
  return requests[state % ${hosts}]
end`;
}

/** Lua for wrk: uploads of 1 MiB as raw bytes, because wrk itself adds Content-Length to everything. */
export function uploadScript(framing: "length" | "chunked", { host, port, path }: LoadTarget): string {
  const head = `POST ${path} HTTP/1.1\\r\\nHost: ${host}:${port}\\r\\nContent-Type: application/octet-stream\\r\\n`;
  const chunk = `"${CHUNK_BYTES.toString(16)}\\r\\n" .. string.rep("x", ${CHUNK_BYTES}) .. "\\r\\n"`;
  const raw =
    framing === "length"
      ? `"${head}Content-Length: ${UPLOAD_BYTES}\\r\\n\\r\\n" .. string.rep("x", ${UPLOAD_BYTES})`
      : `"${head}Transfer-Encoding: chunked\\r\\n\\r\\n" .. string.rep(${chunk}, ${UPLOAD_BYTES / CHUNK_BYTES}) .. "0\\r\\n\\r\\n"`;
  return `local raw = ${raw}
request = function() return raw end`;
}
