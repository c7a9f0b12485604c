import { factsOf } from "./certificate-facts.ts";
import { labelled, metric, one, type MetricEntry } from "./metric-entry.ts";
import type { Sample } from "./prometheus-text.ts";
import type { StateReadings } from "./state-readings.ts";

const NAMED = ["namespace", "ingress"];

/** ingress-nginx's metrics of the controller. */
export const CONTROLLER_METRICS: readonly MetricEntry[] = [
  metric("counter", "success", "Configurations that were applied by every worker", ({ applied }) => one(applied)),
  metric("counter", "errors", "Configurations that a worker could not apply", ({ failed }) => one(failed)),
  metric("gauge", "config_last_reload_successful", "Whether the last configuration was applied", ({ lastOutcome }) =>
    lastOutcome === null ? [] : one(lastOutcome === "applied" ? 1 : 0),
  ),
  metric(
    "gauge",
    "config_last_reload_successful_timestamp_seconds",
    "When a configuration was last applied, in seconds since the epoch",
    ({ lastAppliedAtSeconds }) => one(lastAppliedAtSeconds),
  ),
  metric("gauge", "config_hash", "Hash of the running configuration, the same on every replica", ({ configHash }) =>
    one(configHash),
  ),
  labelled(
    ["release", "build", "repository"],
    metric("gauge", "build_info", "Always 1; the labels tell the build", ({ version, runtime }) => [
      [[version, runtime, "headgate"], 1],
    ]),
  ),
  labelled(
    ["name"],
    metric("gauge", "leader_election_status", "1 on the replica that writes statuses", ({ duties }) =>
      duties === null ? [] : [[[duties.electionId], duties.leading ? 1 : 0]],
    ),
  ),
  labelled(
    [...NAMED, "type"],
    metric("gauge", "orphan_ingress", "1 where a backend has no Service or no endpoint", orphans),
  ),
  labelled(
    ["namespace", "class", "host", "secret_name", "identifier"],
    metric("gauge", "ssl_expire_time_seconds", "End of the certificate, in seconds since the epoch", expiries),
  ),
  labelled(
    [
      "namespace",
      "class",
      "host",
      "secret_name",
      "identifier",
      "issuer_organization",
      "issuer_common_name",
      "serial_number",
      "public_key_algorithm",
    ],
    metric("gauge", "ssl_certificate_info", "Always 1; the labels tell the certificate of a host", certificateInfo),
  ),
  labelled(
    NAMED,
    metric("counter", "check_success", "Ingresses that the webhook accepted", ({ reviews }) =>
      [...reviews.counts].map(({ namespace, name, accepted }) => [[namespace, name], accepted]),
    ),
  ),
  labelled(
    NAMED,
    metric("counter", "check_errors", "Ingresses that the webhook refused", ({ reviews }) =>
      [...reviews.counts].map(({ namespace, name, refused }) => [[namespace, name], refused]),
    ),
  ),
  metric("gauge", "admission_tested_ingresses", "Ingresses translated for the last review", ({ reviews: { last } }) =>
    last === null ? [] : one(last.testedIngresses),
  ),
  metric("gauge", "admission_tested_duration", "Seconds that the last review took", ({ reviews: { last } }) =>
    last === null ? [] : one(last.seconds),
  ),
  metric("gauge", "admission_roundtrip_duration", "Seconds that the last review took", ({ reviews: { last } }) =>
    last === null ? [] : one(last.seconds),
  ),
  metric("gauge", "admission_render_ingresses", "Always 0: nothing is rendered", ({ reviews: { last } }) =>
    last === null ? [] : one(0),
  ),
  metric("gauge", "admission_render_duration", "Always 0: nothing is rendered", ({ reviews: { last } }) =>
    last === null ? [] : one(0),
  ),
  metric("gauge", "admission_config_size", "Always 0: nothing is rendered", ({ reviews: { last } }) =>
    last === null ? [] : one(0),
  ),
];

function* orphans({ ingresses, withoutService }: StateReadings): Generator<Sample> {
  const missing = withoutService();
  for (const { namespace, name, lacksEndpoints } of ingresses()) {
    yield [[namespace, name, "no-service"], missing.has(`${namespace}/${name}`) ? 1 : 0];
    yield [[namespace, name, "no-endpoint"], lacksEndpoints ? 1 : 0];
  }
}

function* expiries({ certificates, controllerClass }: StateReadings): Generator<Sample> {
  for (const { host, certificate } of certificates()) {
    const { source, fingerprint, notAfterMs } = certificate;
    yield [[source.namespace, controllerClass, host, source.name, fingerprint], Math.floor(notAfterMs / 1000)];
  }
}

function* certificateInfo({ certificates, controllerClass }: StateReadings): Generator<Sample> {
  for (const { host, certificate } of certificates()) {
    const { source, fingerprint } = certificate;
    const facts = factsOf(certificate);
    const issuer = [facts.issuerOrganization, facts.issuerCommonName, facts.serialNumber, facts.publicKeyAlgorithm];
    yield [[source.namespace, controllerClass, host, source.name, fingerprint, ...issuer], 1];
  }
}
