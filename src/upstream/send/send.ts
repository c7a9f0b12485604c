import { nextTick } from "node:process";
import type {
  ClientRequestHead,
  ClientStream,
  ClientStreamHandler,
  ConnectEvents,
  EndpointConnection,
  HeaderList,
  PendingConnection,
  Tunnel,
  WireError,
} from "../../wire/wire.ts";
import type { Attempt } from "./attempt.ts";
import type { EndpointRuntime } from "../connections/endpoint.ts";
import { UNREACHABLE } from "../connections/unreachable-pool.ts";
import { ReplayBody } from "./replay-body.ts";
import { decideAfterError, mayRepeat, shouldRetryAnswer, toUpstreamFailure } from "./retry.ts";
import { RetryState } from "./retry-state.ts";
import type { SendPlan, UpstreamFailure, UpstreamHandler, UpstreamRequest } from "./upstream-request.ts";

/**
 * Sends a request to an endpoint of the upstream and makes further attempts where the plan and the request allow it. No
 * callback comes before this function has returned.
 */
export function sendRequest(plan: SendPlan, head: ClientRequestHead, handler: UpstreamHandler): UpstreamRequest {
  const request = new AttemptLoop(plan, head, handler);
  request.start();
  return request;
}

const NO_ENDPOINTS: UpstreamFailure = { status: 503, code: "no-endpoints", responseStarted: false };
const GIVEN_UP = { code: "aborted", detail: "" } as const;
/** What a failed attempt counts for the balancer, so that an endpoint that refuses quickly does not look fast. */
const FAILED_ANSWER_MS = 5_000;

class AttemptLoop implements UpstreamRequest, ClientStreamHandler, ConnectEvents<EndpointConnection> {
  readonly attempts: Attempt[] = [];
  readonly #plan: SendPlan;
  readonly #head: ClientRequestHead;
  readonly #handler: UpstreamHandler;
  readonly #body: ReplayBody;
  readonly #tries: RetryState;

  /** `connecting`: no stream yet, the body is held. `open`: a stream is at work. `done`: nothing more will be heard. */
  #state: "connecting" | "open" | "done" = "connecting";

  /** The attempt at work; a call into the wire that finds another one afterwards has itself ended the attempt. */
  #attempt: Attempt | null = null;
  #pending: PendingConnection | null = null;
  #stream: ClientStream | null = null;

  #bodyEnded = false;
  #trailers: HeaderList | null = null;
  /** `write` returned false, so `onDrain` is owed. */
  #drainOwed = false;
  #paused = false;
  /** An interim response was sent to the client: the answer has begun. */
  #informed = false;
  #headForwarded = false;

  constructor(plan: SendPlan, head: ClientRequestHead, handler: UpstreamHandler) {
    this.#plan = plan;
    this.#head = head;
    this.#handler = handler;
    this.#body = new ReplayBody(
      plan.protocol === "grpc" || plan.protocol === "grpcs" || mayRepeat(head.method, plan.retry),
    );
    this.#tries = new RetryState(plan, head.method);
  }

  start(): void {
    const endpoint = this.#tries.pick();
    if (endpoint === null) nextTick(failLater, this);
    else this.#try(endpoint);
  }

  /** Ends the request with a failure, unless it has ended. */
  fail(failure: UpstreamFailure): void {
    if (this.#state === "done") return;
    this.#finish();
    this.#handler.onFailure(failure);
  }

  write(chunk: Uint8Array): boolean {
    if (this.#state === "done") return true;
    if (this.#stream === null) {
      this.#body.hold(chunk);
      this.#drainOwed = true;
      return false;
    }
    const attempt = this.#attempt;
    this.#body.pass(chunk);
    const fluent = this.#stream.write(chunk) && attempt === this.#attempt;
    if (!fluent) this.#drainOwed = true;
    return fluent;
  }

  end(trailers: HeaderList | null): void {
    if (this.#state === "done" || this.#bodyEnded) return;
    this.#bodyEnded = true;
    this.#trailers = trailers;
    this.#stream?.end(trailers);
  }

  pauseBody(): void {
    this.#paused = true;
    this.#stream?.pauseBody();
  }

  resumeBody(): void {
    this.#paused = false;
    this.#stream?.resumeBody();
  }

  abort(): void {
    if (this.#state === "done") return;
    const pending = this.#pending;
    const stream = this.#stream;
    this.#record(GIVEN_UP);
    this.#finish();
    pending?.cancel();
    stream?.abort();
  }

  onConnected(connection: EndpointConnection): void {
    this.#pending = null;
    if (this.#attempt === null) return;
    this.#plan.upstream.connected(this.#attempt.endpoint);
    this.#open(this.#attempt, connection);
  }

  onFailed(error: WireError): void {
    if (this.#state !== "connecting") return;
    // What this process lacks says nothing of the endpoint.
    if (this.#attempt !== null && error.code !== "no-descriptors" && this.#attempt.pool !== UNREACHABLE)
      this.#plan.upstream.failedToConnect(this.#attempt.endpoint);
    this.#broken(error);
  }

  onInformational(status: number, headers: HeaderList): void {
    if (this.#state !== "open") return;
    this.#informed = true;
    this.#handler.onInformational(status, headers);
  }

  onHead(status: number, headers: HeaderList, bodyLengthBytes: number): void {
    if (this.#state !== "open") return;
    this.#answered(status);
    if (this.#retriesStatus(status)) return;
    this.#headForwarded = true;
    this.#body.release();
    this.#handler.onHead(status, headers, bodyLengthBytes);
  }

  onBody(chunk: Uint8Array): void {
    if (this.#state !== "open" || this.#attempt === null) return;
    this.#attempt.responseBytes += chunk.length;
    this.#handler.onBody(chunk);
  }

  onEnd(trailers: HeaderList | null): void {
    if (this.#state !== "open") return;
    this.#observe(this.#record());
    this.#finish();
    this.#handler.onEnd(trailers);
  }

  onUpgrade(protocol: string, headers: HeaderList, tunnel: Tunnel): void {
    if (this.#state !== "open") {
      tunnel.destroy();
      return;
    }
    this.#answered(101);
    this.#observe(this.#record());
    this.#finish();
    this.#handler.onUpgrade(protocol, headers, tunnel);
  }

  onDrain(): void {
    if (this.#state !== "open" || !this.#drainOwed) return;
    this.#drainOwed = false;
    if (!this.#bodyEnded) this.#handler.onDrain();
  }

  onError(error: WireError): void {
    if (this.#state === "open") this.#broken(error);
  }

  /** The balancer's choice, over an idle connection where there is one. */
  #try(endpoint: EndpointRuntime): void {
    const pool = endpoint.pool(this.#plan.protocol, this.#plan.security);
    const connection = pool.take();
    const attempt = this.#tries.begin(endpoint, pool, connection !== null);
    if (connection === null) this.#connect(attempt);
    else this.#open(attempt, connection);
  }

  #connect(attempt: Attempt): void {
    this.#state = "connecting";
    this.#attempt = attempt;
    this.#pending = attempt.pool.connect(this.#plan.timeouts.connectMs, this);
  }

  #open(attempt: Attempt, connection: EndpointConnection): void {
    this.#state = "open";
    this.#attempt = attempt;
    const stream = connection.send(this.#head, this, this.#plan.timeouts);
    attempt.connectMs = stream.connectMs;
    this.#stream = stream;
    if (this.#paused) stream.pauseBody();
    this.#replay(stream);
  }

  /** Writes what the client has sent so far. */
  #replay(stream: ClientStream): void {
    let fluent = true;
    for (const chunk of this.#body.chunks) {
      fluent = stream.write(chunk);
      if (this.#stream !== stream) return;
    }
    this.#body.sent();
    if (this.#bodyEnded) stream.end(this.#trailers);
    else if (fluent) this.onDrain();
  }

  #broken(error: WireError): void {
    const attempt = this.#attempt;
    if (attempt === null) return;
    this.#record(error);
    const forwarded = this.#headForwarded || this.#informed;
    const decision = decideAfterError(
      { error, reusedConnection: attempt.reused, forwarded },
      this.#tries.budget(this.#body),
    );
    if (decision === "refresh" && this.#tries.refresh(error.requestSent)) {
      this.#connect(this.#tries.begin(attempt.endpoint, attempt.pool, false));
      return;
    }
    this.#plan.upstream.observe(attempt.endpoint, FAILED_ANSWER_MS);
    const endpoint = decision === "next" ? this.#next(attempt.endpoint, error.requestSent) : null;
    if (endpoint === null) this.fail(toUpstreamFailure(error, this.#headForwarded));
    else this.#try(endpoint);
  }

  #next(failed: EndpointRuntime, requestSent: boolean): EndpointRuntime | null {
    return requestSent ? this.#tries.nextEndpointAfterSend(failed) : this.#tries.nextEndpoint(failed);
  }

  /** True when the answer was thrown away and another attempt is under way. */
  #retriesStatus(status: number): boolean {
    const attempt = this.#attempt;
    if (attempt === null || this.#informed || !this.#plan.retry.onStatuses.includes(status)) return false;
    if (!shouldRetryAnswer(this.#tries.budget(this.#body)) || !this.#tries.repeatsAnswered()) return false;
    const endpoint = this.#tries.nextEndpoint(attempt.endpoint);
    if (endpoint === null) return false;
    const stream = this.#stream;
    this.#record();
    stream?.abort();
    this.#try(endpoint);
    return true;
  }

  #answered(status: number): void {
    if (this.#attempt === null) return;
    this.#attempt.status = status;
    this.#attempt.answeredMs = this.#nowMs();
  }

  /** Closes the books of the attempt and lets go of its stream. `failure`: why there is no whole answer. */
  #record(failure: Pick<WireError, "code" | "detail"> | null = null): Attempt | null {
    const attempt = this.#attempt;
    if (attempt !== null) {
      attempt.end(this.#nowMs(), failure);
      this.attempts.push(attempt);
    }
    this.#attempt = null;
    this.#pending = null;
    this.#stream = null;
    return attempt;
  }

  #observe(attempt: Attempt | null): void {
    if (attempt === null) return;
    this.#plan.upstream.observe(attempt.endpoint, attempt.connectMs + attempt.durationMs);
  }

  #finish(): void {
    this.#state = "done";
    this.#body.release();
  }

  #nowMs(): number {
    return this.#plan.upstream.context.clock.monotonicMs();
  }
}

function failLater(request: AttemptLoop): void {
  request.fail(NO_ENDPOINTS);
}
