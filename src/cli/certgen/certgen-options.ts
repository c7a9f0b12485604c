import { isIP } from "node:net";
import { parseArgs } from "node:util";
import { parseGoBool } from "../../lib/go-values.ts";
import { parseRuleHost } from "../../lib/host-name.ts";
import { nearestName } from "../../lib/nearest-name.ts";
import { printable } from "../../lib/printable.ts";
import { err, ok, type Result } from "../../lib/result.ts";

/** What the two jobs do. */
export type CertgenAction = "create" | "patch";

interface Option {
  readonly name: string;
  readonly actions: readonly CertgenAction[];
  /** Empty: none. */
  readonly fallback: string;
  readonly required: boolean;
  readonly doc: string;
}

const BOTH: readonly CertgenAction[] = ["create", "patch"];
const PLAIN = { actions: BOTH, fallback: "", required: false } as const;

/** Names and meanings of kube-webhook-certgen, so that existing jobs run as they are. */
const OPTIONS: readonly Option[] = [
  {
    ...PLAIN,
    name: "host",
    actions: ["create"],
    required: true,
    doc: "host names and addresses that the certificate is for, separated by commas",
  },
  { ...PLAIN, name: "namespace", required: true, doc: "namespace of the Secret" },
  { ...PLAIN, name: "secret-name", required: true, doc: "Secret that holds the certificate" },
  { ...PLAIN, name: "ca-name", fallback: "ca", doc: "entry of the authority's certificate" },
  { ...PLAIN, name: "cert-name", actions: ["create"], fallback: "cert", doc: "entry of the certificate" },
  { ...PLAIN, name: "key-name", actions: ["create"], fallback: "key", doc: "entry of the private key" },
  { ...PLAIN, name: "secret-type", actions: ["create"], fallback: "Opaque", doc: "type of the Secret" },
  {
    ...PLAIN,
    name: "webhook-name",
    actions: ["patch"],
    required: true,
    doc: "ValidatingWebhookConfiguration that is to trust the certificate",
  },
  {
    ...PLAIN,
    name: "patch-failure-policy",
    actions: ["patch"],
    doc: "Fail or Ignore, from then on; none: as it is",
  },
  { ...PLAIN, name: "patch-validating", actions: ["patch"], fallback: "true", doc: "false: nothing is patched" },
  {
    ...PLAIN,
    name: "patch-mutating",
    actions: ["patch"],
    fallback: "false",
    doc: "only false: Headgate has no mutating webhook",
  },
  { ...PLAIN, name: "kubeconfig", doc: "kubeconfig file; none: in the cluster, the pod's own account" },
  { ...PLAIN, name: "log-level", fallback: "info", doc: "taken without effect" },
  { ...PLAIN, name: "log-format", fallback: "json", doc: "taken without effect" },
];

/** Values by option name; every option of the action has one. */
export type CertgenValues = Readonly<Record<string, string>>;

/** The arguments behind the action. On an error: all that is wrong, a line each. */
export function parseCertgenOptions(
  action: CertgenAction,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Result<CertgenValues, readonly string[]> {
  const known = OPTIONS.filter(({ actions }) => actions.includes(action));
  const read = parseArgs({
    args: [...args],
    options: Object.fromEntries(known.map(({ name }) => [name, { type: "string" as const }])),
    strict: false,
  });
  const names = new Set(known.map(({ name }) => name));
  const errors = Object.keys(read.values)
    .filter((name) => !names.has(name))
    .map((name) => unknown(name, names));
  errors.push(...read.positionals.map((text) => `${text}: unexpected; write values as --option=value`));
  const values: Record<string, string> = {};
  for (const { name, fallback, required } of known) {
    const given = read.values[name];
    const text = typeof given === "string" ? expand(given, env) : fallback;
    if (typeof given === "boolean" || (required && text === "")) errors.push(`--${name} needs a value`);
    values[name] = text;
  }
  errors.push(...wrongValues(values));
  return errors.length === 0 ? ok(values) : err(errors);
}

/** The options of one action, a line each. */
export function certgenHelp(action: CertgenAction): readonly string[] {
  return OPTIONS.filter(({ actions }) => actions.includes(action)).map(({ name, fallback, required, doc }) => {
    const rest = required ? " (required)" : fallback === "" ? "" : ` (default ${fallback})`;
    return `  ${`--${name}`.padEnd(24)}${doc}${rest}`;
  });
}

function unknown(name: string, names: ReadonlySet<string>): string {
  const nearest = nearestName(name, names);
  return `--${name}: unknown option; ${nearest === null ? "see headgate certgen --help" : `did you mean --${nearest}?`}`;
}

function wrongValues(values: CertgenValues): readonly string[] {
  const hosts = values["host"]?.split(",") ?? [];
  const errors = hosts
    .filter((host) => host !== "" && isIP(host) === 0 && !parseRuleHost(host).ok)
    .map((host) => `--host ${printable(host)}: neither a host name nor an address`);
  const policy = values["patch-failure-policy"] ?? "";
  if (policy !== "" && policy !== "Fail" && policy !== "Ignore")
    errors.push(`--patch-failure-policy ${policy}: must be Fail or Ignore`);
  for (const name of ["patch-validating", "patch-mutating"]) {
    const value = values[name];
    if (value !== undefined && !parseGoBool(value).ok) errors.push(`--${name} ${value}: must be true or false`);
  }
  const mutating = parseGoBool(values["patch-mutating"] ?? "false");
  if (mutating.ok && mutating.value)
    errors.push("--patch-mutating true: Headgate has no mutating webhook; write --patch-mutating=false");
  return errors;
}

/** `$(POD_NAMESPACE)`, where the kubelet did not replace it. */
function expand(value: string, env: Readonly<Record<string, string | undefined>>): string {
  return value.replaceAll(/\$\((\w+)\)/g, (whole, name: string) => env[name] ?? whole);
}
