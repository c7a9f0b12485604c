import type { HeaderList, ServerStream, ServerStreamHandler, Tunnel, WireError } from "../../wire/wire.ts";
import type { Fields, UpstreamAttempt } from "../../model/finished-exchange.ts";
import { type FinishedState, reasonFacts } from "./exchange-tracker.ts";
import { type Answer, errorAnswer, renderAnswer } from "../answers/answer.ts";
import type { ClientSide, ExchangeState } from "./client-side.ts";
import { RequestContext } from "../request/context.ts";
import type { ProxyCore } from "./core.ts";
import { ERRORS, type ProxyError } from "../answers/errors.ts";
import { explainError } from "./explained-page.ts";
import { type BodySink, type BodySource, NO_SOURCE, type RequestSink } from "../request/body-sink.ts";
import type { Detour, ResponseDraft } from "../request/hooks.ts";
import { Wait, type Waiter } from "../request/wait.ts";
import { decide, type DecisionProgress } from "./decide.ts";
import { select } from "../forward/select.ts";
import { buildRequestHead } from "./request-head.ts";
import { editResponse, interceptAnswer, runFinishHooks, tapRequest, wrapBody } from "./run-hooks.ts";
import { UpstreamSide } from "./upstream-side.ts";
import { visibleFields } from "./upstream-fields.ts";

/**
 * One request and its response: the client's side of it, which is where the request's body comes from and the last step of the
 * response's. The upstream's side is its `UpstreamSide`.
 */
export class Exchange
  implements ServerStreamHandler, ClientSide, FinishedState, DecisionProgress, Waiter, BodySink, BodySource
{
  readonly context: RequestContext;
  readonly stream: ServerStream;
  readonly core: ProxyCore;
  state: ExchangeState = "deciding";
  stage: DecisionProgress["stage"] = "request";
  asked = 0;
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
  /** Where the response's body goes. */
  sink: BodySink = this;
  /** Who writes that body into this exchange. */
  source: BodySource = NO_SOURCE;
  /** The request's body is asked for, and was delivered to its end. */
  #requestStarted = false;
  #requestEnded = false;
  /** True when nothing can be sent any more. */
  #clientGone = false;
  /** What the decision waits for. */
  #wait: Wait | null = null;
  #upstream: UpstreamSide | null = null;
  /** Where the request's body goes; null when nobody wants it. */
  #requestSink: RequestSink | null = null;
  /** On a detour: what was not sent, who was asked before, and fields for the client. */
  #intercepted: Answer | null = null;
  #upstreamBefore: UpstreamSide | null = null;
  #carried: HeaderList | null = null;

  constructor(core: ProxyCore, stream: ServerStream) {
    this.context = new RequestContext(core, stream);
    this.stream = stream;
    this.core = core;
    stream.handler = this;
    core.log.begin();
  }

  get attempts(): readonly UpstreamAttempt[] {
    const attempts = this.#upstream === null ? NONE : this.#upstream.attempts;
    return this.#upstreamBefore === null ? attempts : [...this.#upstreamBefore.attempts, ...attempts];
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
    else this.#answer(answer);
  }

  onFault(error: unknown): void {
    this.core.logger.error({ err: error, code: ERRORS.internal.code }, "a request failed inside the proxy");
    this.fail(ERRORS.internal);
  }

  onBody(chunk: Uint8Array): void {
    if (this.state === "finished") return;
    this.requestBodyBytes += chunk.length;
    try {
      if (this.#requestSink?.write(chunk) === false) this.stream.pauseBody();
    } catch (error) {
      this.onFault(error);
    }
  }

  /** Request trailers end here: a backend that merged them into the head could be made to trust them. */
  onBodyEnd(_trailers: HeaderList | null): void {
    this.#requestEnded = true;
    if (this.state === "finished") return;
    try {
      this.#requestSink?.end(null);
    } catch (error) {
      this.onFault(error);
    }
  }

  /** The upstream takes more of the request's body. */
  resume(): void {
    if (this.state !== "finished") this.stream.resumeBody();
  }

  onDrain(): void {
    if (this.state === "finished") return;
    try {
      this.source.resume();
    } catch (error) {
      this.onFault(error);
    }
  }

  /** The client is gone: so is the upstream's work, at once. */
  onClose(error: WireError): void {
    if (this.state === "finished" || this.state === "tunnelling") return;
    const reason = closeReason(error);
    const status = this.state === "responding" ? this.status : reason.status;
    this.#clientGone = true;
    this.#dropRequest();
    this.errorDetail = error.detail;
    this.finish(status, reason.code);
    this.#abortBody();
  }

  fail(error: ProxyError): void {
    if (this.state === "finished") return;
    this.#dropRequest();
    if (this.state === "deciding" || this.state === "forwarding") {
      if (!this.#requestEnded) this.stream.closeAfterResponse();
      this.#answer(this.#intercepted ?? errorAnswer(error));
    } else {
      this.finish(this.status, error.code);
      this.#abortBody();
    }
  }

  inform(status: number, headers: HeaderList): void {
    const draft = this.#draft(status, headers, 0);
    if (editResponse(this.core, this.context, draft)) this.stream.sendInformational(status, draft.headers);
  }

  respond(status: number, headers: HeaderList, bodyLengthBytes: number): void {
    this.upstreamHeaders = headers;
    if (this.#takeDetour(status, headers)) return;
    const draft = this.#draft(status, headers, bodyLengthBytes);
    if (this.#carried !== null) appendAll(draft.headers, this.#carried);
    if (editResponse(this.core, this.context, draft)) this.#sendHead(draft, this.#upstream ?? NO_SOURCE);
    else this.fail(ERRORS.internal);
  }

  upgrade(protocol: string, headers: HeaderList): Tunnel | null {
    const draft = this.#draft(SWITCHING_PROTOCOLS, headers, 0);
    if (!editResponse(this.core, this.context, draft)) {
      this.fail(ERRORS.internal);
      return null;
    }
    this.state = "tunnelling";
    return this.stream.acceptUpgrade(protocol, draft.headers);
  }

  write(chunk: Uint8Array): boolean {
    if (this.state !== "responding") return true;
    this.responseBodyBytes += chunk.length;
    return this.stream.write(chunk);
  }

  end(trailers: HeaderList | null): void {
    if (this.state !== "responding") return;
    // An answer before the end of the request: what the client still sends belongs to nobody.
    if (this.#requestStarted && !this.#requestEnded) this.stream.closeAfterResponse();
    this.stream.end(trailers);
    this.finish(this.status, this.errorCode);
  }

  abort(): void {
    if (this.state !== "finished") this.fail(ERRORS.internal);
    else if (!this.#clientGone) this.stream.abort();
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
    this.#upstreamBefore?.abort();
    runFinishHooks(this.core, this.context);
    this.core.log.finish(this);
  }

  /** Sends one of the proxy's own pages and finishes, unless it is intercepted. Only while the client has no head. */
  #answer(answer: Answer): void {
    const { stream, context } = this;
    const page = renderAnswer(answer, this.#explain(answer));
    // Who sends what has no one meaning is not listened to further, as in nginx.
    if (page.status === 400 || page.status === 414) stream.closeAfterResponse();
    if (answer.kind === "error" && this.#takeDetour(page.status, null, answer)) return;
    const draft: ResponseDraft = {
      status: page.status,
      headers: page.headers,
      bodyLengthBytes: page.body.length,
      origin: "proxy",
    };
    editResponse(this.core, context, draft);
    this.#sendHead(draft, NO_SOURCE);
    if (this.state !== "responding") return;
    try {
      if (context.request.method !== "HEAD" && page.body.length > 0) this.sink.write(page.body);
      this.sink.end(null);
    } catch (error) {
      this.onFault(error);
    }
  }

  #draft(status: number, headers: HeaderList, bodyLengthBytes: number): ResponseDraft {
    return { status, headers: visibleFields(this.context, headers), bodyLengthBytes, origin: "upstream" };
  }

  /** The last of the response's head, and the way for its body. A step that cannot be made fails what it belongs to. */
  #sendHead(draft: ResponseDraft, source: BodySource): void {
    try {
      this.sink = wrapBody(this.core, this.context, draft, this);
    } catch (error) {
      this.#failAtHead(error, draft);
      return;
    }
    this.sink.source = source;
    this.state = "responding";
    this.status = draft.status;
    this.responseHeaders = draft.headers;
    this.stream.sendHead(draft.status, draft.headers, draft.bodyLengthBytes);
  }

  /** What is said of the body may not be true without the step: an upstream's answer becomes a page, and a page is not sent at all. */
  #failAtHead(error: unknown, { origin, status }: ResponseDraft): void {
    if (origin === "proxy") {
      this.state = "responding";
      this.status = status;
    }
    this.onFault(error);
  }

  /** True when another upstream is asked instead of sending an answer of that status. `answer`: what it was, if it was our own. */
  #takeDetour(status: number, headers: HeaderList | null, answer: Answer | null = null): boolean {
    if (this.#intercepted !== null) return false;
    const detour = interceptAnswer(this.core, this.context, status, headers);
    if (detour === null) return false;
    this.#intercepted = answer ?? errorAnswer({ code: ERROR_PAGE_FAILED, status });
    this.#follow(detour);
    return true;
  }

  #follow({ plan, head, carried }: Detour): void {
    this.#upstream?.discard();
    if (this.#requestStarted && !this.#requestEnded) this.#dropRequest();
    this.#requestSink = null;
    this.#upstreamBefore = this.#upstream;
    this.#carried = carried;
    this.context.affinity = null;
    this.context.backendHooks = null;
    this.context.upstreamId = plan.upstream.id;
    this.state = "forwarding";
    this.#upstream = new UpstreamSide(this, plan);
    this.#upstream.open(head);
    this.#upstream.end(null);
  }

  #dropRequest(): void {
    const sink = this.#requestSink;
    this.#requestSink = null;
    try {
      sink?.abort();
    } catch (error) {
      this.core.logger.error({ err: error }, "a filter failed at the end of a request");
    }
    this.#upstream?.abort();
  }

  /** Ends in `abort` below, through every step. */
  #abortBody(): void {
    try {
      this.sink.abort();
    } catch (error) {
      this.core.logger.error({ err: error }, "a filter failed at the end of a response");
      this.abort();
    }
  }

  /** Takes over what is said about an error, in logs and, for a developer, on its page. */
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
      else this.#answer(decision);
    } catch (error) {
      this.onFault(error);
    }
  }

  /** Nothing of the body is read meanwhile: it begins to be when the request is forwarded. */
  #waitFor(wait: Wait): void {
    this.#wait = wait;
    wait.start(this.core.wheel, this);
  }

  #forward(): void {
    const { context, core } = this;
    const route = context.route;
    const plan = route === null ? null : select(context, route);
    if (route === null || plan === null) {
      this.#answer(errorAnswer(ERRORS.noEndpoints));
      return;
    }
    const head = buildRequestHead(core, context, route, plan.protocol);
    if (context.patternStepsLeft < 0) {
      this.#answer(errorAnswer(ERRORS.patternBudget));
      return;
    }
    context.affinity = plan.stick;
    this.state = "forwarding";
    this.#upstream = new UpstreamSide(this, plan);
    this.#requestSink = tapRequest(core, context, this.#upstream);
    this.#requestSink.source = this;
    this.#requestSink.open(head);
    this.#requestStarted = true;
    this.resume();
  }
}

const NONE: readonly UpstreamAttempt[] = [];
const SWITCHING_PROTOCOLS = 101;
/** Of an upstream's answer that was intercepted, when nobody had a page for it. */
const ERROR_PAGE_FAILED = "error-page-failed";

/** While a request waited, the model may have dropped its upstream, and have got another one of that name. */
function findUpstreamAnew(context: RequestContext): void {
  if (context.upstream?.closed === true) context.upstream = context.core.upstreams.get(context.upstreamId) ?? null;
}

function appendAll(headers: HeaderList, more: HeaderList): void {
  for (let i = 0; i < more.length; i++) headers.push(more.nameAt(i), more.valueAt(i));
}

/** The wire has already told the client where it still could. */
function closeReason(error: WireError): ProxyError {
  if (error.code === "malformed" || error.code === "too-large") return ERRORS.clientMalformed;
  if (error.code === "aborted") return ERRORS.connectionCut;
  return error.code === "read-timeout" ? ERRORS.clientTimeout : ERRORS.clientClosed;
}
