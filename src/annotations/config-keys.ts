import type { ConfigKey } from "./config-key.ts";
import { ACCESS_KEYS } from "./config-tables/access.ts";
import { CLIENT_ADDRESS_KEYS } from "./config-tables/client-address.ts";
import { HTTP_KEYS } from "./config-tables/http.ts";
import { OBSERVING_KEYS } from "./config-tables/observing.ts";
import { PROXYING_KEYS } from "./config-tables/proxying.ts";
import { RUNTIME_KEYS } from "./config-tables/runtime.ts";
import { TLS_KEYS } from "./config-tables/tls.ts";

/** Every key of ingress-nginx's ConfigMap, in the order in which they are applied. */
export const CONFIG_KEYS: readonly ConfigKey[] = [
  ...PROXYING_KEYS,
  ...CLIENT_ADDRESS_KEYS,
  ...TLS_KEYS,
  ...HTTP_KEYS,
  ...ACCESS_KEYS,
  ...OBSERVING_KEYS,
  ...RUNTIME_KEYS,
];

export const CONFIG_KEY_BY_NAME: ReadonlyMap<string, ConfigKey> = new Map(CONFIG_KEYS.map((key) => [key.name, key]));
