import type { SendPlan } from "../../upstream/upstream.ts";
import type { ClientRequestHead, HeaderList } from "../../wire/wire.ts";
import type { Answer } from "../answers/answer.ts";
import type { BodySink, RequestSink } from "./body-sink.ts";
import type { Wait } from "./wait.ts";

/**
 * What a filter may do with a request, and when. A compiled filter is an object with the methods it really has; the exchange walks a list of
 * such objects for each kind of hook, and knows no filter by name. A filter is compiled once and serves many requests: what belongs to one
 * request is kept in its context, or in an object made for it.
 *
 * Order: the hooks of every request, those of its host, the choice of the route, the hooks of the route, those of the backend. All are
 * called from callbacks of the wire, on the only thread there is, and return at once. A hook that throws costs its request only, which is
 * answered 500 where that is still possible.
 *
 * `Request` is always the `RequestContext`: a parameter, since a request knows its route, and a route its hooks.
 */
export interface Hooks<Request> {
  readonly decide: readonly DecideHook<Request>[];
  readonly editRequest: readonly ForwardHook<Request>[];
  readonly tap: readonly TapHook<Request>[];
  readonly intercept: readonly InterceptHook<Request>[];
  readonly editResponse: readonly ResponseHook<Request>[];
  readonly wrap: readonly BodyHook<Request>[];
  readonly finished: readonly FinishHook<Request>[];
  /** Null: the upstream is asked for the target that the client sent. */
  readonly target: TargetHook<Request> | null;
}

/** Before an upstream is asked. */
interface DecideHook<Request> {
  /**
   * Null lets the request pass on to the next hook, an `Answer` ends it. A `Wait` says either of these later: until then nothing of the
   * request's body is read.
   */
  decide(request: Request): Answer | Wait | null;
}

/** What the upstream is asked for instead of the client's target. At most one filter of a route has it. */
interface TargetHook<Request> {
  /** Of the request's path with this query; null when the patterns took more than the request may spend. */
  rewriteTarget(request: Request, query: string): string | null;
}

/** When the head for the upstream was put together: once, whatever the number of attempts. */
interface ForwardHook<Request> {
  /** `headers` belong to this request and may be changed. Those that say who asked are the proxy's, and must stay as they are. */
  editRequest(request: Request, headers: HeaderList): void;
}

/** Before the head goes to the upstream: once, whatever the number of attempts. */
interface TapHook<Request> {
  /**
   * The way that this request takes: `next`, or a `RequestStep` in front of it that counts, copies or collects the body. The first hook's
   * step is the one next to the client.
   */
  tap(request: Request, next: RequestSink): RequestSink;
}

/** Before an upstream's answer or an error of the proxy's own goes to the client; not for what a detour brought. */
interface InterceptHook<Request> {
  /**
   * Null sends the answer as it is. A detour throws it away, asks another upstream, and sends what that answers; where that fails, a page of
   * the proxy's own with the status that it was about. `headers`: those of the upstream; null for an answer of the proxy's own.
   */
  intercept(request: Request, status: number, headers: HeaderList | null): Detour | null;
}

/** Before the client is sent a head: an upstream's, early hints (103) and upgrades (101) included, or one of the proxy's own. */
interface ResponseHook<Request> {
  editResponse(request: Request, draft: ResponseDraft): void;
}

/** Before the client is sent a head that a body may follow. */
interface BodyHook<Request> {
  /**
   * The way that the body takes: `next`, or a `BodyStep` in front of it. The first hook's step is the one next to the upstream. The head is
   * as it will be sent: what a step needs changed in it is changed in `editResponse`.
   */
  wrap(request: Request, head: ResponseHead, next: BodySink): BodySink;
}

/** At the end of an exchange, once, however it ended. */
interface FinishHook<Request> {
  finished(request: Request): void;
}

/** A request to another upstream than the route's. It has no body. */
export interface Detour {
  readonly plan: SendPlan;
  readonly head: ClientRequestHead;
  /** Fields that the client gets along with the answer; null for none. */
  readonly carried: HeaderList | null;
}

/** A head that is on its way to the client. */
export interface ResponseHead {
  readonly status: number;
  /** Without framing and hop-by-hop fields. */
  readonly headers: HeaderList;
  /** As the seam has it: `UNKNOWN_LENGTH` where it shows at the end. */
  readonly bodyLengthBytes: number;
  /** The proxy's own pages and redirects pass the same hooks as an upstream's answer. */
  readonly origin: "upstream" | "proxy";
}

/** A head that the hooks may still change. Its headers are a copy: what the upstream sent stays as it was. */
export interface ResponseDraft extends ResponseHead {
  bodyLengthBytes: number;
}

/** What a compiled filter may have: one object, in every list whose method it has. */
export type FilterHooks<Request> = Partial<
  DecideHook<Request> &
    ForwardHook<Request> &
    TapHook<Request> &
    InterceptHook<Request> &
    ResponseHook<Request> &
    BodyHook<Request> &
    FinishHook<Request> &
    TargetHook<Request>
>;

const NONE: readonly never[] = [];

type Lists<Request> = Omit<Hooks<Request>, "target">;

/** The lists of these filters, in their order. A kind that none of them has costs no list. */
export function collectHooks<Request>(filters: readonly FilterHooks<Request>[]): Hooks<Request> {
  const having = <Method extends keyof Lists<Request>>(method: Method): Lists<Request>[Method] => {
    const some = filters.filter((filter) => filter[method] !== undefined);
    return (some.length === 0 ? NONE : some) as unknown as Lists<Request>[Method];
  };
  const rewriting = filters.find((filter) => filter.rewriteTarget !== undefined);
  return {
    decide: having("decide"),
    editRequest: having("editRequest"),
    tap: having("tap"),
    intercept: having("intercept"),
    editResponse: having("editResponse"),
    wrap: having("wrap"),
    finished: having("finished"),
    target: rewriting === undefined ? null : (rewriting as TargetHook<Request>),
  };
}
