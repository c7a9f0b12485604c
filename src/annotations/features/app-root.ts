import { err, ok, type Result } from "../../lib/result.ts";
import { Fields } from "../entries/feature.ts";

const root = new Fields<{ path: string | null }>({ group: "Routing and rewrite", scope: "host" }, () => ({
  path: null,
}));

/** An absolute path, or null. */
export const APP_ROOT = root.feature({
  entries: [
    root.field("path", parseAppRoot, {
      name: "app-root",
      risk: "medium",
      value: "absolute path",
      fallback: "unset",
      status: { kind: "differs", how: "nginx variables are refused" },
      doc: "A request for exactly `/` is answered with 302 to this path, before anything else is looked at.",
    }),
  ],
  policy: ({ path }) => path,
});

/** An absolute path without variables; `//host` would leave the site. */
function parseAppRoot(text: string): Result<string> {
  return /^\/(?!\/)[-._~A-Za-z0-9/:]*$/.test(text) ? ok(text) : err(`expected an absolute path such as "/app"`);
}
