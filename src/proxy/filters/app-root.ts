import type { AppRootFilter } from "../../model/filters/app-root.ts";
import type { Answer } from "../answers/answer.ts";
import { connectionScheme, type Filter, type RequestContext } from "../request/context.ts";
import { absoluteLocation, relativeLocation } from "../answers/location.ts";

/**
 * `app-root`: `/` is answered 302. The connection's scheme and the Host header with its port, whatever forwarded headers say; the query
 * is dropped.
 */
export function compileAppRoot({ path }: AppRootFilter): Filter {
  return new AppRoot(relativeLocation(path));
}

class AppRoot implements Filter {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  decide({ request, connection, target }: RequestContext): Answer | null {
    if (target.path !== "/") return null;
    const { authority } = request;
    const location =
      authority === "" ? this.#path : absoluteLocation(connectionScheme(connection), authority, this.#path);
    return { kind: "redirect", status: 302, location };
  }
}
