/** Annotations that ingress-nginx itself has given up, and what took their place. */
const REMOVED: ReadonlyMap<string, string> = new Map([
  ["secure-backends", 'use backend-protocol: "HTTPS"'],
  ["grpc-backend", 'use backend-protocol: "GRPC"'],
  ["add-base-url", "let the application write its own base URL"],
  ["base-url-scheme", "let the application write its own base URL"],
  ["session-cookie-hash", "remove it; the cookie's value needs no choice of a hash"],
  ["mirror-uri", "use mirror-target"],
  ["secure-verify-ca-secret", "use proxy-ssl-secret and proxy-ssl-verify"],
  ["enable-opentracing", "use enable-opentelemetry"],
  ["enable-influxdb", "scrape /metrics instead"],
]);

const REMOVED_FAMILIES: readonly (readonly [prefix: string, advice: string])[] = [
  ["influxdb-", "scrape /metrics instead"],
  ["global-rate-limit", "use limit-rps or limit-rpm"],
];

/** The way out for a key that was removed long ago; null for others. */
export function removedKeyAdvice(name: string): string | null {
  const advice = REMOVED.get(name);
  if (advice !== undefined) return advice;
  return REMOVED_FAMILIES.find(([prefix]) => name.startsWith(prefix))?.[1] ?? null;
}
