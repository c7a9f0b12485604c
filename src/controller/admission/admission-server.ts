import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import { type AdmissionVerdict, formatAdmissionReview } from "./admission-review.ts";
import { CertificateFiles, type CertificatePaths } from "./certificate-files.ts";
import { idleOptions, limitRequests } from "./connection-limits.ts";
import type { ReadReview } from "./read-review.ts";
import { ReviewReader } from "./review-reader.ts";

export interface AdmissionServerOptions extends CertificatePaths {
  /** Empty for all addresses. */
  readonly address: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly logger: Logger;
  readonly clock: Clock;
  /** How long a request may take to arrive; default: as long as the API server waits. */
  readonly requestMs?: number;
  /** How long a connection is kept that brings nothing; default: longer than the API server keeps it. */
  readonly idleMs?: number;
  /** Null while the objects are not known yet: a verdict would mean nothing. */
  judge(review: ReadReview): Promise<AdmissionVerdict | null>;
}

/** Numbers for the metrics. */
export interface AdmissionCounts {
  readonly allowed: number;
  readonly denied: number;
  /** Requests that were no review, too long, or too early. */
  readonly failed: number;
  /** How long the last verdict took. */
  readonly lastMs: number;
}

const WEBHOOK_PATH = "/networking/v1/ingresses";

/** Two Ingresses of etcd's 1.5 MB each, the new one and the old one, with some room for the JSON around them. */
const BODY_LIMIT_BYTES = 4 * 1024 * 1024;
const HANDSHAKE_MS = 10_000;
/** The API server waits for 10 s, as the chart says. */
const REQUEST_MS = 10_000;
/** The API server keeps a connection for its next review for 90 s: it must be the one who ends it. */
const IDLE_MS = 150_000;
const MAX_CONNECTIONS = 256;

/**
 * The webhook that the API server asks before it stores an Ingress. It judges and does nothing else: no file is read for a request, no
 * address asked, nothing written.
 */
export class AdmissionServer {
  readonly #options: AdmissionServerOptions;
  readonly #files: CertificateFiles;
  readonly #server: Server;
  readonly #reader = new ReviewReader();
  readonly #counts = { allowed: 0, denied: 0, failed: 0, lastMs: 0 };
  #complaint = "";

  private constructor(options: AdmissionServerOptions) {
    this.#options = options;
    this.#files = new CertificateFiles(options);
    const clientAuth = options.clientCaPath !== null;
    const limits = { idleMs: options.idleMs ?? IDLE_MS, requestMs: options.requestMs ?? REQUEST_MS };
    this.#server = createServer(
      {
        requestCert: clientAuth,
        rejectUnauthorized: clientAuth,
        handshakeTimeout: HANDSHAKE_MS,
        ...idleOptions(limits),
      },
      (request, response) => this.#handle(request, response),
    );
    limitRequests(this.#server, limits);
    this.#server.maxConnections = MAX_CONNECTIONS;
    // Before the connection's own listener, which takes the certificate of this moment.
    this.#server.prependListener("connection", () => this.#refresh());
    this.#server.on("tlsClientError", (error) => options.logger.debug({ err: error }, "no TLS with a webhook client"));
    this.#server.on("clientError", (_error, socket) => void socket.destroy());
  }

  /** Rejects when the port cannot be bound. A certificate that cannot be read is only logged: traffic matters more. */
  static async open(options: AdmissionServerOptions): Promise<AdmissionServer> {
    const opened = new AdmissionServer(options);
    opened.#refresh();
    const server = opened.#server;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once("error", reject);
    server.listen({ port: options.port, ...(options.address === "" ? {} : { host: options.address }) }, resolve);
    await promise;
    server.off("error", reject);
    server.on("error", (error) => options.logger.error({ err: error }, "the webhook's listener failed"));
    options.logger.info({ port: opened.port }, "the admission webhook listens");
    return opened;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  get counts(): AdmissionCounts {
    return this.#counts;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    this.#reader.close();
    await closed;
  }

  #refresh(): void {
    try {
      const material = this.#files.readChanged();
      if (material !== null) this.#server.setSecureContext(material);
      if (material !== null) this.#options.logger.info({}, "the webhook uses the certificate in its files");
      this.#complaint = "";
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== this.#complaint) {
        this.#options.logger.error({ reason }, "the webhook's certificate cannot be used; the one before it stays");
      }
      this.#complaint = reason;
    }
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    response.on("error", () => {});
    const path = request.url?.split("?")[0];
    if (path !== WEBHOOK_PATH) return this.#refuse(response, 404, `the webhook is at ${WEBHOOK_PATH}`);
    if (request.method !== "POST") return this.#refuse(response, 405, "expected POST");
    if (Number(request.headers["content-length"] ?? 0) > BODY_LIMIT_BYTES) return this.#tooLong(response);
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("error", () => {});
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= BODY_LIMIT_BYTES) chunks.push(chunk);
      else if (!response.headersSent) this.#tooLong(response);
    });
    request.on("end", () => {
      if (!response.headersSent) void this.#answer(chunks, response);
    });
  }

  /** Never rejects. */
  async #answer(chunks: readonly Buffer[], response: ServerResponse): Promise<void> {
    const startMs = this.#options.clock.monotonicMs();
    const read = await this.#reader.read(chunks);
    if (!read.ok) return this.#refuse(response, read.error.status, read.error.message);
    const verdict = await this.#judge(read.value);
    if (verdict === null) return this.#refuse(response, 503, "the objects of the cluster are not known yet");
    this.#counts.lastMs = this.#options.clock.monotonicMs() - startMs;
    if (verdict.denial === null) this.#counts.allowed++;
    else this.#counts.denied++;
    response.writeHead(200, { "content-type": "application/json" });
    response.end(formatAdmissionReview(read.value.uid, verdict));
  }

  /** A judge that throws is a bug of ours; then the failure policy of the cluster decides. */
  async #judge(review: ReadReview): Promise<AdmissionVerdict | null> {
    try {
      return await this.#options.judge(review);
    } catch (error) {
      this.#options.logger.error({ err: error }, "an Ingress could not be judged");
      return null;
    }
  }

  /** What is still coming is not read: the connection ends with the answer. */
  #tooLong(response: ServerResponse): void {
    response.setHeader("connection", "close");
    this.#refuse(response, 413, `expected at most ${BODY_LIMIT_BYTES} bytes`);
  }

  #refuse(response: ServerResponse, status: number, message: string): void {
    this.#counts.failed++;
    response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
    response.end(`${message}\n`);
  }
}
