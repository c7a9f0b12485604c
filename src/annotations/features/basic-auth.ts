import { unsupported } from "../entries/entry.ts";
import { unbuilt } from "../entries/feature.ts";

/** User and password, asked for by the proxy. */
export const BASIC_AUTH = unbuilt(
  unsupported({ group: "Basic authentication", protects: "access" }, [
    ["auth-type", "low", "`basic`, `digest`", "off", "Asks for user and password."],
    ["auth-secret", "medium", "`[namespace/]name`", "none", "Secret with the users."],
    ["auth-secret-type", "low", "`auth-file`, `auth-map`", "`auth-file`", "Form of the Secret."],
    ["auth-realm", "medium", "text", "empty", "Realm told to the client."],
  ]),
);
