import type { WireError } from "../../../src/wire/seam/rules.ts";
import type {
  ClientConnection,
  Refusal,
  RequestAcceptor,
  ServerStream,
  ServerStreamHandler,
  TurnedAway,
} from "../../../src/wire/seam/server.ts";
import type { HeaderList } from "../../../src/wire/http/header-list.ts";

/** What a handler heard about one request. */
export class RecordedRequest implements ServerStreamHandler {
  readonly stream: ServerStream;
  readonly chunks: Uint8Array[] = [];
  bodyBytes = 0;
  ended = false;
  trailers: HeaderList | null = null;
  drains = 0;
  closedBy: WireError | null = null;
  onChange: () => void = () => {};
  onDrained: () => void = () => {};

  constructor(stream: ServerStream) {
    this.stream = stream;
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString("latin1");
  }

  onBody(chunk: Uint8Array): void {
    this.chunks.push(Uint8Array.from(chunk));
    this.bodyBytes += chunk.length;
    this.onChange();
  }

  onBodyEnd(trailers: HeaderList | null): void {
    this.ended = true;
    this.trailers = trailers;
    this.onChange();
  }

  onDrain(): void {
    this.drains++;
    this.onDrained();
    this.onChange();
  }

  onClose(error: WireError): void {
    this.closedBy = error;
    this.onChange();
  }
}

const WAIT_MS = 10_000;

/** Takes every request, remembers it, and does with it what the test says. */
export class RecordingAcceptor implements RequestAcceptor {
  readonly requests: RecordedRequest[] = [];
  readonly refusals: Refusal[] = [];
  readonly refusedConnections: ClientConnection[] = [];
  readonly turnedAway: TurnedAway[] = [];
  readonly #onRequest: (request: RecordedRequest) => void;
  readonly #waiting = new Set<() => void>();

  constructor(onRequest: (request: RecordedRequest) => void = () => {}) {
    this.#onRequest = onRequest;
  }

  onRequest(stream: ServerStream): void {
    const request = new RecordedRequest(stream);
    request.onChange = () => this.#changed();
    stream.handler = request;
    this.requests.push(request);
    this.#onRequest(request);
    this.#changed();
  }

  onRefused(connection: ClientConnection, refusal: Refusal): void {
    this.refusedConnections.push(connection);
    this.refusals.push(refusal);
    this.#changed();
  }

  onTurnedAway(_connection: ClientConnection, why: TurnedAway): void {
    this.turnedAway.push(why);
    this.#changed();
  }

  /** Waits until the condition holds; it is looked at after every callback. */
  async until(holds: () => boolean): Promise<void> {
    const deadline = AbortSignal.timeout(WAIT_MS);
    while (!holds()) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const onAbort = (): void => reject(new Error("it did not become true in time"));
      deadline.addEventListener("abort", onAbort, { once: true });
      this.#waiting.add(resolve);
      await promise.finally(() => deadline.removeEventListener("abort", onAbort));
    }
  }

  /** The request number `index`, once it is there. */
  async request(index = 0): Promise<RecordedRequest> {
    await this.until(() => this.requests.length > index);
    const request = this.requests[index];
    if (request === undefined) throw new Error("no such request");
    return request;
  }

  #changed(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
