import { isWord, unsupported } from "../entries/entry.ts";
import { unbuilt } from "../entries/feature.ts";

/** TLS to the endpoints: whom to trust and how to appear. */
export const UPSTREAM_TLS = unbuilt([
  ...unsupported({ group: "TLS to the endpoints" }, [
    [
      "proxy-ssl-secret",
      "medium",
      "`namespace/name`",
      "unset",
      "Client certificate and trusted authority for HTTPS endpoints.",
    ],
    ["proxy-ssl-verify-depth", "low", "int", "1", "Intermediate certificates allowed."],
    ["proxy-ssl-name", "high", "host name", "unset", "Name that is verified and sent."],
    ["proxy-ssl-server-name", "low", "`on`, `off`", "`off`", "Sends a server name.", isWord("off")],
    ["proxy-ssl-ciphers", "medium", "OpenSSL cipher list", "`DEFAULT`", "Ciphers of TLS 1.2."],
    ["proxy-ssl-protocols", "low", "`TLSv1.2`, `TLSv1.3`", "`TLSv1.2`", "Versions offered."],
  ]),
  // Serving without the verification that was asked for would hand requests to any server that answers.
  ...unsupported({ group: "TLS to the endpoints", protects: "access" }, [
    ["proxy-ssl-verify", "low", "`on`, `off`", "`off`", "Verifies the certificates of HTTPS endpoints.", isWord("off")],
  ]),
]);
