import type { ConfigKey } from "../entries/config-key.ts";
import { ACCESS_KEYS } from "./access.ts";
import { CLIENT_ADDRESS_KEYS } from "./client-address.ts";
import { HTTP_KEYS } from "./http.ts";
import { LOG_KEYS } from "./logs.ts";
import { OBSERVING_KEYS } from "./observing.ts";
import { PROXYING_KEYS } from "./proxying.ts";
import { RUNTIME_KEYS } from "./runtime.ts";
import { FEATURE_KEYS } from "../features/features.ts";
import { TLS_KEYS } from "./tls.ts";

/** Every key of ingress-nginx's ConfigMap, in the order in which they are applied. */
export const CONFIG_KEYS: readonly ConfigKey[] = [
  ...FEATURE_KEYS,
  ...PROXYING_KEYS,
  ...CLIENT_ADDRESS_KEYS,
  ...TLS_KEYS,
  ...HTTP_KEYS,
  ...ACCESS_KEYS,
  ...LOG_KEYS,
  ...OBSERVING_KEYS,
  ...RUNTIME_KEYS,
];

/** The same by name. */
export const CONFIG_KEY_BY_NAME: ReadonlyMap<string, ConfigKey> = new Map(CONFIG_KEYS.map((key) => [key.name, key]));
