import type { SendPlan, UpstreamRequest } from "../../upstream/upstream.ts";
import type {
  ClientRequestHead,
  HeaderList,
  ServerStream,
  ServerStreamHandler,
  TimerWheel,
  Tunnel,
  WireError,
} from "../../wire/wire.ts";
import type { Fields, UpstreamAttempt } from "../../model/finished-exchange.ts";
import { type FinishedState, reasonFacts } from "./exchange-tracker.ts";
import { type Answer, errorAnswer, renderAnswer } from "../answers/answer.ts";
import type { ClientSide, ExchangeState } from "./client-side.ts";
import { RequestContext, type RuntimeRoute } from "../request/context.ts";
import type { ProxyCore } from "./core.ts";
import { ERRORS, type ProxyError } from "../answers/errors.ts";
import { explainError } from "../answers/explained-page.ts";
import type { Hooks } from "../request/hooks.ts";
import { Wait, type Waiter } from "../request/wait.ts";
import { decide, type DecisionProgress } from "./decide.ts";
import { select } from "../forward/select.ts";
import { buildRequestHeaders } from "../forward/request-headers.ts";
import { editResponse, ownDraft, upstreamDraft } from "./edit-response.ts";
import { ResponsePump } from "./response-pump.ts";
import { visibleFields } from "./upstream-fields.ts";

/** One request and its response: the client's side of it. The upstream's side is its `ResponsePump`. */
export class Exchange implements ServerStreamHandler, ClientSide, FinishedState, DecisionProgress, Waiter {
  readonly context: RequestContext;
  readonly stream: ServerStream;
  readonly core: ProxyCore;
  state: ExchangeState = "deciding";
  stage: DecisionProgress["stage"] = "request";
  asked = 0;
  requestEnded = false;
  requestBodyBytes = 0;
  responseBodyBytes = 0;
  responseBytes = 0;
  upstreamHeaders: Fields | null = null;
  responseHeaders: Fields | null = null;
  /** Of the response, as far as it came; 0 before. */
  status = 0;
  errorCode = "";
  errorDetail = "";
  durationMs = 0;
  /** What the decision waits for. */
  #wait: Wait | null = null;
  #upstream: UpstreamRequest | null = null;
  #bodyLimitBytes = 0;

  constructor(core: ProxyCore, stream: ServerStream) {
    this.context = new RequestContext(core, stream);
    this.stream = stream;
    this.core = core;
    stream.handler = this;
    core.log.begin();
  }

  get attempts(): readonly UpstreamAttempt[] {
    return this.#upstream === null ? NONE : this.#upstream.attempts;
  }

  get wheel(): TimerWheel {
    return this.core.wheel;
  }

  /** Decides and answers, or asks an upstream. Called once, unless the client is gone. A fault of ours costs this request only. */
  start(): void {
    if (this.state === "finished") return;
    this.context.settings = this.core.runtime.settings;
    this.#decide();
  }

  onSettled(answer: Answer | null): void {
    this.#wait = null;
    if (this.state === "finished") return;
    findUpstreamAnew(this.context);
    if (answer === null) this.#decide();
    else this.answer(answer);
  }

  onFault(error: unknown): void {
    this.#wait = null;
    this.#failInside(error);
  }

  onBody(chunk: Uint8Array): void {
    if (this.state === "finished") return;
    this.requestBodyBytes += chunk.length;
    if (this.#upstream === null) return;
    if (this.#bodyLimitBytes > 0 && this.requestBodyBytes > this.#bodyLimitBytes) {
      this.fail(ERRORS.bodyTooLarge);
    } else if (!this.#upstream.write(chunk)) {
      this.stream.pauseBody();
    }
  }

  /** Request trailers end here: a backend that merged them into the head could be made to trust them. */
  onBodyEnd(_trailers: HeaderList | null): void {
    this.requestEnded = true;
    if (this.state !== "finished") this.#upstream?.end(null);
  }

  onDrain(): void {
    if (this.state !== "finished") this.#upstream?.resumeBody();
  }

  /** The client is gone: so is the upstream's work, at once. */
  onClose(error: WireError): void {
    if (this.state === "finished" || this.state === "tunnelling") return;
    const reason = closeReason(error);
    const status = this.state === "responding" ? this.status : reason.status;
    this.#upstream?.abort();
    this.errorDetail = error.detail;
    this.finish(status, reason.code);
  }

  /** Sends one of the proxy's own pages and finishes. Only while the client has no head. */
  answer(answer: Answer): void {
    const { stream, context } = this;
    const page = renderAnswer(answer, this.#explain(answer));
    editResponse(this.core, context, ownDraft(page.status, page.headers));
    // Who sends what has no one meaning is not listened to further, as in nginx.
    if (page.status === 400 || page.status === 414) stream.closeAfterResponse();
    this.responseHeaders = page.headers;
    stream.sendHead(page.status, page.headers, page.body.length);
    if (context.request.method !== "HEAD" && page.body.length > 0) {
      this.responseBodyBytes = page.body.length;
      stream.write(page.body);
    }
    stream.end(null);
    this.finish(page.status, this.errorCode);
  }

  fail(error: ProxyError): void {
    if (this.state === "finished") return;
    this.#upstream?.abort();
    if (this.state === "deciding" || this.state === "forwarding") {
      if (!this.requestEnded) this.stream.closeAfterResponse();
      this.answer(errorAnswer(error));
    } else {
      this.finish(this.status, error.code);
      this.stream.abort();
    }
  }

  inform(status: number, headers: HeaderList): void {
    const draft = upstreamDraft(status, visibleFields(this.context, headers));
    if (editResponse(this.core, this.context, draft)) this.stream.sendInformational(status, draft.headers);
  }

  respond(status: number, headers: HeaderList, bodyLengthBytes: number): void {
    this.upstreamHeaders = headers;
    const draft = upstreamDraft(status, visibleFields(this.context, headers));
    if (!editResponse(this.core, this.context, draft)) {
      this.fail(ERRORS.internal);
      return;
    }
    this.state = "responding";
    this.status = status;
    this.responseHeaders = draft.headers;
    this.stream.sendHead(status, draft.headers, bodyLengthBytes);
  }

  upgrade(protocol: string, headers: HeaderList): Tunnel | null {
    const draft = upstreamDraft(SWITCHING_PROTOCOLS, visibleFields(this.context, headers));
    if (!editResponse(this.core, this.context, draft)) {
      this.fail(ERRORS.internal);
      return null;
    }
    this.state = "tunnelling";
    return this.stream.acceptUpgrade(protocol, draft.headers);
  }

  finish(status: number, errorCode: string): void {
    if (this.state === "finished") return;
    // The stream has handed its connection over to the tunnel and no longer counts.
    this.responseBytes = this.stream.bytesSent + (this.state === "tunnelling" ? this.responseBodyBytes : 0);
    this.state = "finished";
    this.status = status;
    this.errorCode = errorCode;
    this.durationMs = this.core.clock.monotonicMs() - this.context.startedMonotonicMs;
    this.#wait?.abandon();
    this.#runFinishHooks(this.core.hooks);
    if (this.context.route !== null) this.#runFinishHooks(this.context.route.hooks);
    this.core.log.finish(this);
  }

  #runFinishHooks({ finished }: Hooks<RequestContext>): void {
    for (const hook of finished) {
      try {
        hook.finished(this.context);
      } catch (error) {
        this.core.logger.error({ err: error }, "a filter failed at the end of a request");
      }
    }
  }

  #failInside(error: unknown): void {
    this.core.logger.error({ err: error, code: ERRORS.internal.code }, "a request failed inside the proxy");
    this.fail(ERRORS.internal);
  }

  /** Takes over what is told of an error, in logs and, for a developer, on its page. */
  #explain(answer: Answer): string {
    if (answer.kind !== "error") return "";
    this.errorCode = answer.error.code;
    this.errorDetail = answer.detail;
    return this.core.errorPages === "explained" ? explainError(this.context, reasonFacts(this)) : "";
  }

  /** As far as it goes without waiting. */
  #decide(): void {
    try {
      const decision = decide(this);
      if (decision === null) this.#forward();
      else if (decision instanceof Wait) this.#waitFor(decision);
      else this.answer(decision);
    } catch (error) {
      this.#failInside(error);
    }
  }

  /** Nothing of the body is read meanwhile: it begins to be when the request is forwarded. */
  #waitFor(wait: Wait): void {
    this.#wait = wait;
    wait.start(this.wheel, this);
  }

  #forward(): void {
    const { context, stream } = this;
    const route = context.route;
    const plan = route === null ? null : select(context, route);
    if (route === null || plan === null) {
      this.answer(errorAnswer(ERRORS.noEndpoints));
      return;
    }
    const head = requestHead(this.core, context, route, plan.protocol);
    if (context.patternStepsLeft < 0) {
      this.answer(errorAnswer(ERRORS.patternBudget));
      return;
    }
    this.#bodyLimitBytes = route.filters.bodyLimit?.maxBytes ?? 0;
    this.state = "forwarding";
    context.affinity = plan.stick;
    const pump = new ResponsePump(this, plan.timeouts.readMs);
    this.#upstream = this.core.sendRequest(plan, head, pump);
    pump.upstream = this.#upstream;
    stream.resumeBody();
  }
}

const NONE: readonly UpstreamAttempt[] = [];
const SWITCHING_PROTOCOLS = 101;

/** While a request waited, the model may have dropped its upstream, and have got another one of that name. */
function findUpstreamAnew(context: RequestContext): void {
  if (context.upstream?.closed === true) context.upstream = context.core.upstreams.get(context.upstreamId) ?? null;
}

/**
 * A rewrite gives a new path; without one the upstream receives the target as the client sent it. Where a pattern took more than the
 * request may spend, which the context shows afterwards, this is no head.
 */
function requestHead(
  core: ProxyCore,
  context: RequestContext,
  route: RuntimeRoute,
  protocol: SendPlan["protocol"],
): ClientRequestHead {
  const { target, stream, request } = context;
  return {
    method: request.method,
    target:
      route.rewrite === null ? target.forwardTarget : (route.rewrite.apply(target.path, target.query, context) ?? ""),
    headers: editRequest(core, context, route, buildRequestHeaders(context, route, protocol)),
    bodyLengthBytes: stream.bodyLengthBytes,
    answerHeadBytes: route.forward?.responseHeadBytes ?? 0,
    // An endpoint of HTTP/2 has no connection to give away.
    upgrade: protocol === "grpc" || protocol === "grpcs" ? null : stream.upgrade,
  };
}

function editRequest(core: ProxyCore, context: RequestContext, route: RuntimeRoute, headers: HeaderList): HeaderList {
  for (const hook of core.hooks.editRequest) hook.editRequest(context, headers);
  for (const hook of route.hooks.editRequest) hook.editRequest(context, headers);
  return headers;
}

/** The wire has already told the client where it still could. */
function closeReason(error: WireError): ProxyError {
  if (error.code === "malformed" || error.code === "too-large") return ERRORS.clientMalformed;
  if (error.code === "aborted") return ERRORS.connectionCut;
  return error.code === "read-timeout" ? ERRORS.clientTimeout : ERRORS.clientClosed;
}
