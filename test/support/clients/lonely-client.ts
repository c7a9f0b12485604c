import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { get } from "./raw-client.ts";

/** A thread with a backend and a client of its own: it needs nobody but the proxy. */
const { answered, port, requests } = workerData as { answered: Int32Array; port: number; requests: number };

const backend = createServer((socket) => {
  socket.on("error", () => {});
  socket.on("data", () => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
});
backend.listen(0, "127.0.0.1");
await once(backend, "listening");
parentPort?.once("message", () => void askAll());
parentPort?.postMessage((backend.address() as AddressInfo).port);

/** Cell 0 counts good answers, cell 1 says that it is over. */
async function askAll(): Promise<void> {
  for (let i = 0; i < requests; i++) {
    const { status } = await get({ port }, "shop.example", "/");
    if (status === 200) Atomics.add(answered, 0, 1);
  }
  Atomics.store(answered, 1, 1);
  Atomics.notify(answered, 1);
}
