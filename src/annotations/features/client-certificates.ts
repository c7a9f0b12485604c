import { isFalse, isWord, unsupported } from "../entries/entry.ts";
import { unbuilt } from "../entries/feature.ts";

/** Certificates that clients must have. */
export const CLIENT_CERTIFICATES = unbuilt(
  unsupported({ group: "Client certificates", protects: "access", scope: "host" }, [
    [
      "auth-tls-secret",
      "medium",
      "`namespace/name`",
      "unset",
      "Secret with the authority that client certificates must come from.",
    ],
    [
      "auth-tls-verify-client",
      "medium",
      "`on`, `off`, `optional`, `optional_no_ca`",
      "`on`",
      "Whether a certificate is needed.",
      isWord("off"),
    ],
    ["auth-tls-verify-depth", "low", "int", "1", "Intermediate certificates allowed."],
    ["auth-tls-error-page", "high", "URL", "unset", "Where a bad certificate redirects to."],
    ["auth-tls-pass-certificate-to-upstream", "low", "bool", "false", "Sends the certificate upstream.", isFalse],
    ["auth-tls-match-cn", "high", "`CN=` and a regex", "unset", "Subjects that may pass."],
  ]),
);
