import type { HeaderList } from "../../wire/wire.ts";
import type { Answer } from "../answers/answer.ts";
import type { Wait } from "./wait.ts";

/**
 * What a filter may do with a request, and when. A compiled filter is an object with the methods it really has; the exchange walks a list of
 * such objects for each kind of hook, and knows no filter by name. A filter is compiled once and serves many requests: what belongs to one
 * request is kept in its context, or in an object made for it.
 *
 * Order: the hooks of the virtual host, the choice of the route, the hooks of the route. All are called from callbacks of the wire, on the
 * only thread there is, and return at once. A hook that throws costs its request only, which is answered 500 where that is still possible.
 *
 * `Request` is always the `RequestContext`: a parameter, since a request knows its route, and a route its hooks.
 */
export interface Hooks<Request> {
  readonly decide: readonly DecideHook<Request>[];
  readonly editRequest: readonly ForwardHook<Request>[];
  readonly editResponse: readonly ResponseHook<Request>[];
  readonly finished: readonly FinishHook<Request>[];
}

/** Before an upstream is asked. */
interface DecideHook<Request> {
  /**
   * Null lets the request pass on to the next hook, an `Answer` ends it. A `Wait` says either of these later: until then nothing of the
   * request's body is read.
   */
  decide(request: Request): Answer | Wait | null;
}

/** When the head for an upstream was put together: once for each upstream that is asked, whatever the number of attempts. */
interface ForwardHook<Request> {
  /** `headers` belong to this request and may be changed. Those that say who asked are the proxy's, and must stay as they are. */
  editRequest(request: Request, headers: HeaderList): void;
}

/** Before the client is sent a head: an upstream's or one of the proxy's own. Once for each request, unless a hook throws. */
interface ResponseHook<Request> {
  editResponse(request: Request, draft: ResponseDraft): void;
}

/** At the end of every exchange in which the hook's route or host was found, however it ended, and once. */
interface FinishHook<Request> {
  finished(request: Request): void;
}

/** A head as it will be sent, unless the next hook changes it. */
export interface ResponseDraft {
  readonly status: number;
  /** Without framing and hop-by-hop fields. A copy: what the upstream sent stays as it was. */
  readonly headers: HeaderList;
  /** The proxy's own pages and redirects pass the same hooks as an upstream's answer. */
  readonly origin: "upstream" | "proxy";
}

/** What a compiled filter may have: one object, in every list whose method it has. */
export type FilterHooks<Request> = Partial<
  DecideHook<Request> & ForwardHook<Request> & ResponseHook<Request> & FinishHook<Request>
>;

const NONE: readonly never[] = [];

/** The lists of these filters, in their order. A kind that none of them has costs no list. */
export function collectHooks<Request>(filters: readonly FilterHooks<Request>[]): Hooks<Request> {
  const having = <Method extends keyof Hooks<Request>>(method: Method): Hooks<Request>[Method] => {
    const some = filters.filter((filter) => filter[method] !== undefined);
    return (some.length === 0 ? NONE : some) as unknown as Hooks<Request>[Method];
  };
  return {
    decide: having("decide"),
    editRequest: having("editRequest"),
    editResponse: having("editResponse"),
    finished: having("finished"),
  };
}
