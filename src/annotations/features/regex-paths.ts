import { Fields } from "../entries/feature.ts";

const paths = new Fields({ group: "Routing and rewrite", scope: "host" }, () => ({ useRegex: false }));

/** True: every path of the host is a regex. */
export const REGEX_PATHS = paths.feature({
  entries: [
    paths.bool("useRegex", {
      name: "use-regex",
      risk: "low",
      fallback: "false",
      status: {
        kind: "differs",
        how: "RE2 syntax, and negative look-aheads behind text of a fixed length, such as `/((?!admin|static).*)`; other look-around and back-references close the route",
      },
      doc: "Every path of the host is a case-insensitive regex, anchored only at its start.",
    }),
  ],
  policy: ({ useRegex }) => useRegex,
});
