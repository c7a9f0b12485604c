import type { HeaderList } from "../../wire/wire.ts";
import type { RequestContext } from "../request/context.ts";
import type { Hooks, ResponseDraft } from "../request/hooks.ts";
import type { ProxyCore } from "./core.ts";

/**
 * Every head that a client is sent passes here: an upstream's, early hints and upgrades among them, and one of the proxy's own. False when a
 * hook threw: the draft then lacks what that hook adds, and must not go out for an upstream's answer.
 */
export function editResponse(core: ProxyCore, context: RequestContext, draft: ResponseDraft): boolean {
  const ofAll = runHooks(core.hooks.editResponse, core, context, draft);
  const { route } = context;
  return (route === null || runHooks(route.hooks.editResponse, core, context, draft)) && ofAll;
}

export function upstreamDraft(status: number, headers: HeaderList): ResponseDraft {
  return { status, headers, origin: "upstream" };
}

export function ownDraft(status: number, headers: HeaderList): ResponseDraft {
  return { status, headers, origin: "proxy" };
}

type ResponseHooks = Hooks<RequestContext>["editResponse"];

/** Goes on behind a hook that threw, for the sake of what the others add. */
function runHooks(hooks: ResponseHooks, core: ProxyCore, context: RequestContext, draft: ResponseDraft): boolean {
  let whole = true;
  for (let i = 0; i < hooks.length; i++) {
    try {
      hooks[i]?.editResponse(context, draft);
    } catch (error) {
      core.logger.error({ err: error }, "a filter failed at a response");
      whole = false;
    }
  }
  return whole;
}
