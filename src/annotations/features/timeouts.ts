import type { Timeouts } from "../../model/forward.ts";
import { at, Keys } from "../entries/config-key.ts";
import { Fields } from "../entries/feature.ts";
import { parseSeconds } from "../entries/value-parsers.ts";

type TimeoutFields = { -readonly [K in keyof Timeouts]: Timeouts[K] };

const timeouts = new Fields<TimeoutFields>({ group: "Proxying" }, (settings) => ({ ...settings.timeouts }));
const keys = new Keys({ group: "Proxying, timeouts, retries", type: "int" });

/** How long endpoints may take. */
export const TIMEOUTS = timeouts.feature({
  entries: [
    timeouts.number("connectMs", parseSeconds, {
      name: "proxy-connect-timeout",
      risk: "low",
      value: "seconds",
      fallback: "ConfigMap, 5",
      doc: "Longest wait for a connection to an endpoint; 504 after the last attempt.",
    }),
    timeouts.number("sendMs", parseSeconds, {
      name: "proxy-send-timeout",
      risk: "low",
      value: "seconds",
      fallback: "ConfigMap, 60",
      doc: "Longest gap between two writes to the endpoint.",
    }),
    timeouts.number("readMs", parseSeconds, {
      name: "proxy-read-timeout",
      risk: "low",
      value: "seconds",
      fallback: "ConfigMap, 60",
      doc: "Longest gap between two reads from the endpoint; also how long a WebSocket may be idle.",
    }),
  ],
  policy: (fields): Timeouts => fields,
  keys: [
    keys.key(at("translation", "timeouts", "connectMs"), parseSeconds, {
      name: "proxy-connect-timeout",
      fallback: "5",
      doc: "Seconds to connect to an endpoint.",
    }),
    keys.key(at("translation", "timeouts", "readMs"), parseSeconds, {
      name: "proxy-read-timeout",
      fallback: "60",
      doc: "Seconds between two reads from an endpoint.",
    }),
    keys.key(at("translation", "timeouts", "sendMs"), parseSeconds, {
      name: "proxy-send-timeout",
      fallback: "60",
      doc: "Seconds between two writes to an endpoint.",
    }),
  ],
});
