import { once } from "node:events";
import { parseArgs } from "node:util";
import { connect, createSecureContext, type TLSSocket } from "node:tls";

/** One request for each TLS connection; prints what came of it as JSON. With `--session=resumed` each goes on from the last session. */
const { values } = parseArgs({
  strict: false,
  options: {
    port: { type: "string" },
    host: { type: "string" },
    path: { type: "string" },
    connections: { type: "string" },
    seconds: { type: "string" },
    session: { type: "string" },
  },
});
const REQUEST_DEADLINE_MS = 10_000;
const resumes = values.session === "resumed";
const secureContext = createSecureContext();
const head = `GET ${values.path} HTTP/1.1\r\nHost: ${values.host}:${values.port}\r\nConnection: close\r\n\r\n`;
const endMs = performance.now() + Number(values.seconds) * 1000;
let [requests, errors, offered, reused] = [0, 0, 0, 0];

await Promise.all(Array.from({ length: Number(values.connections) }, requestUntilEnd));
const share = Math.round((100 * reused) / Math.max(1, offered));
const note = resumes && share < 99 ? `resumes ${share} % of the sessions` : "";
if (!resumes && reused > 0) errors += reused;
process.stdout.write(JSON.stringify({ requests, errors, note }));

async function requestUntilEnd(): Promise<void> {
  let session: Buffer | null = null;
  while (performance.now() < endMs) {
    const socket = openSocket(session);
    if (session !== null) offered++;
    socket.on("session", (latest) => (session = resumes ? latest : null));
    try {
      const answer = await askOnce(socket);
      if (!answer.startsWith("HTTP/1.1 200 ")) throw new Error(answer.slice(0, 100));
      requests++;
    } catch {
      errors++;
    }
    if (socket.isSessionReused()) reused++;
    socket.destroy();
  }
}

function openSocket(session: Buffer | null): TLSSocket {
  const common = { host: "127.0.0.1", port: Number(values.port), servername: "localhost", secureContext };
  return connect({ ...common, rejectUnauthorized: false, ...(session === null ? {} : { session }) });
}

async function askOnce(socket: TLSSocket): Promise<string> {
  const signal = AbortSignal.timeout(REQUEST_DEADLINE_MS);
  let answer = "";
  socket.setEncoding("latin1").on("data", (text: string) => (answer += text));
  const ended = once(socket, "end", { signal });
  socket.write(head);
  await ended;
  return answer;
}
