import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import {
  connect,
  type ConnectionOptions,
  type SecureContext,
  type TLSSocket,
  TLSSocket as ServerSocket,
} from "node:tls";

/** Common name of the certificate that a context serves in a real handshake. */
export async function servedName(context: SecureContext): Promise<string> {
  const server = createServer((raw) => {
    const socket = new ServerSocket(raw, { isServer: true, secureContext: context });
    socket.on("error", () => {});
    socket.on("secure", () => socket.end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = await connectTls({ port: (server.address() as AddressInfo).port });
  const name = peerName(client);
  client.destroy();
  server.close();
  await once(server, "close");
  return name;
}

/** A client that takes any certificate, after its handshake. Rejects when the handshake fails. */
export async function connectTls(options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ host: "127.0.0.1", rejectUnauthorized: false, ...options });
  await once(socket, "secureConnect");
  socket.on("error", () => {});
  return socket;
}

/** Common name of the certificate that the server showed. */
export function peerName(socket: TLSSocket): string {
  return String(socket.getPeerCertificate().subject.CN);
}
