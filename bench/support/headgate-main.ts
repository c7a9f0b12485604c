import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import { openProxy } from "../../src/proxy/proxy.ts";
import { translateAll } from "../../src/translate/translate.ts";
import { MemorySnapshot } from "../../test/support/memory-snapshot.ts";
import { readManifests } from "../../test/support/read-manifests.ts";
import { DEFAULT_OPTIONS } from "../../test/support/translate-options.ts";

/** Headgate's data plane alone, serving one file of manifests, without access log: what the rivals are configured to do. */
const { values } = parseArgs({
  options: {
    file: { type: "string", default: "" },
    "http-port": { type: "string", default: "0" },
    "https-port": { type: "string", default: "0" },
  },
});

const { objects } = readManifests(readFileSync(values.file, "utf8"));
const { model } = translateAll({ ...DEFAULT_OPTIONS, anyClass: true }, new MemorySnapshot(objects));
const [http, https] = [Number(values["http-port"]), Number(values["https-port"])];
const proxy = await openProxy({
  listeners: [
    { name: "http", address: "127.0.0.1", port: http, forwardedPort: http },
    { name: "https", address: "127.0.0.1", port: https, forwardedPort: https },
  ],
  observer: { onFinish: () => {} },
  logger: silentLogger,
  clock: systemClock,
  random: Math.random,
  healthCheckPath: "/healthz",
  devCa: null,
  noEndpointsHint: null,
});
proxy.apply({ ...model, settings: { ...model.settings, keepAliveRequests: 1_000_000 } });
process.once("SIGTERM", () => void proxy.close().then(() => process.exit(0)));
