import { describe, expect, it } from "vitest";
import { parseFlags, type Command, type Config } from "../../../src/config/config.ts";

const CONTROLLER_DEFAULTS: Config = {
  kind: "controller",
  show: null,
  ingressClass: "nginx",
  controllerClass: "k8s.io/ingress-nginx",
  ingressClassByName: false,
  watchIngressWithoutClass: false,
  annotationsPrefix: "nginx.ingress.kubernetes.io",
  disableCatchAll: false,
  disableExternalNames: false,
  configMap: null,
  defaultBackendService: null,
  defaultSslCertificate: null,
  bindAddress: "",
  httpPort: 80,
  httpsPort: 443,
  healthzPort: 10254,
  healthzHost: "",
  healthCheckPath: "/healthz",
  shutdownGraceMs: 0,
  logLevel: "info",
  workerProcesses: null,
  metrics: {
    perHost: true,
    perUndefinedHost: false,
    statusClasses: false,
    excluded: [],
    timeBuckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    lengthBuckets: [10, 20, 30, 40, 50, 60, 70, 80, 90, 100],
    sizeBuckets: [10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000],
  },
  debug: { address: "127.0.0.1", port: 10_245 },
  warnings: [],
  watchNamespace: null,
  watchNamespaceSelector: null,
  kubeconfig: null,
  apiServerHost: null,
  duties: {
    publishService: null,
    publishStatusAddresses: [],
    reportNodeInternalIp: false,
    updateStatus: true,
    updateStatusOnShutdown: true,
    statusUpdateIntervalMs: 60_000,
    electionId: "ingress-controller-leader",
    electionTtlMs: 30_000,
    leaderElection: true,
    syncEvents: true,
    kubeApiQps: 300,
    kubeApiBurst: 100,
    webhook: null,
  },
};

const {
  kubeconfig: _,
  apiServerHost: __,
  watchNamespace: ___,
  watchNamespaceSelector: ____,
  duties: _____,
  ...SHARED
} = CONTROLLER_DEFAULTS;

const DEV_DEFAULTS: Config = {
  ...SHARED,
  kind: "dev",
  anyClass: true,
  bindAddress: "127.0.0.1",
  healthzHost: "127.0.0.1",
  httpPort: 8080,
  httpsPort: 8443,
  workerProcesses: 1,
  debug: null,
  paths: ["a.yaml"],
  demo: false,
  endpointOverrides: [],
};

function accepted(command: Command, argv: readonly string[], env: Record<string, string> = {}): Config {
  const parsed = parseFlags(command, argv, env);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

function refused(command: Command, argv: readonly string[]): readonly string[] {
  const parsed = parseFlags(command, argv, {});
  return parsed.ok ? [] : parsed.error.map(({ field, value, message }) => `${field} (${value}): ${message}`);
}

describe("headgate controller", () => {
  it("has ingress-nginx's defaults", () => {
    expect(accepted("controller", [])).toEqual(CONTROLLER_DEFAULTS);
  });

  it.each<[readonly string[], Partial<Config> & Record<string, unknown>]>([
    [["--ingress-class=public"], { ingressClass: "public" }],
    [["--ingress-class", "public"], { ingressClass: "public" }],
    [["--controller-class=example.com/headgate"], { controllerClass: "example.com/headgate" }],
    [["--ingress-class-by-name"], { ingressClassByName: true }],
    [["--watch-ingress-without-class=true"], { watchIngressWithoutClass: true }],
    [["--watch-ingress-without-class", "--watch-ingress-without-class=false"], { watchIngressWithoutClass: false }],
    [["--watch-namespace=shop"], { watchNamespace: "shop" }],
    [["--watch-namespace="], {}],
    [["--watch-namespace-selector=team in (a,b)"], { watchNamespaceSelector: "team in (a,b)" }],
    [["--annotations-prefix=ingress.example.com"], { annotationsPrefix: "ingress.example.com" }],
    [["--configmap=ingress/headgate"], { configMap: "ingress/headgate" }],
    [["--default-backend-service=ingress/errors"], { defaultBackendService: "ingress/errors" }],
    [["--default-ssl-certificate=ingress/wildcard"], { defaultSslCertificate: "ingress/wildcard" }],
    [
      ["--http-port=8000", "--https-port=8001", "--healthz-port=8002"],
      { httpPort: 8000, httpsPort: 8001, healthzPort: 8002 },
    ],
    [["--http-port=0", "--https-port=0", "--healthz-port=0"], { httpPort: 0, httpsPort: 0, healthzPort: 0 }],
    [["--health-check-path=/ready"], { healthCheckPath: "/ready" }],
    [["--kubeconfig=/etc/kube.conf"], { kubeconfig: "/etc/kube.conf" }],
    [["--apiserver-host=https://10.0.0.1:6443"], { apiServerHost: "https://10.0.0.1:6443" }],
    [["--bind-address=::"], { bindAddress: "::" }],
    [["--healthz-host=127.0.0.1"], { healthzHost: "127.0.0.1" }],
    [["--shutdown-grace-period=5"], { shutdownGraceMs: 5000 }],
    [["--disable-catch-all"], { disableCatchAll: true }],
    [["--disable-svc-external-name=true"], { disableExternalNames: true }],
    [["--profiling=false"], { debug: null }],
    [["--profiler-address=::1", "--profiler-port=0"], { debug: { address: "::1", port: 0 } }],
    [["-v=1"], {}],
    [["--v=2"], { logLevel: "debug" }],
    [["-v", "5"], { logLevel: "debug" }],
    [["-v3"], { logLevel: "debug" }],
    [["--version"], { show: "version" }],
    [["-h", "--http-port=x"], { show: "help" }],
  ])("%j sets %j", (argv, expected) => {
    expect(accepted("controller", argv)).toEqual({ ...CONTROLLER_DEFAULTS, ...expected });
  });

  it("fills $(NAME) in from the environment, and leaves what is not there", () => {
    expect(
      accepted("controller", ["--configmap=$(POD_NAMESPACE)/headgate"], { POD_NAMESPACE: "ingress" }),
    ).toMatchObject({
      configMap: "ingress/headgate",
    });
    expect(accepted("controller", ["--kubeconfig=$(NOT_THERE) $(__proto__)"])).toMatchObject({
      kubeconfig: "$(NOT_THERE) $(__proto__)",
    });
  });

  it("takes klog's flags without a word", () => {
    const argv = [
      "--stderrthreshold=0",
      "--logtostderr",
      "--alsologtostderr=true",
      "--vmodule",
      "a=1",
      "--log_dir=/tmp",
    ];
    expect(accepted("controller", argv)).toEqual(CONTROLLER_DEFAULTS);
  });

  it.each([
    [["--enable-metrics=true"], "--enable-metrics", "always served"],
    [["--sync-period=10m"], "--sync-period", "not supported yet"],
    [["--enable-annotation-validation=false"], "--enable-annotation-validation", "always validated"],
    [["--made-up"], "--made-up", "unknown flag"],
    [["--made-up", "value"], "--made-up", "unknown flag"],
    [["--made-up=value"], "--made-up", "unknown flag"],
    [["--http-prot=1"], "--http-prot", "did you mean --http-port?"],
    [["/nginx-ingress-controller"], "/nginx-ingress-controller", "unexpected argument"],
  ])("%j is accepted with one warning", (argv, field, text) => {
    const config = accepted("controller", argv);
    expect({ ...config, warnings: [] }).toEqual(CONTROLLER_DEFAULTS);
    expect(config.warnings).toMatchObject([{ field, message: expect.stringContaining(text) }]);
  });

  it("does not mention a flag without effect that says what happens anyway", () => {
    expect(accepted("controller", ["--update-status=true", "--deep-inspect"]).warnings).toEqual([]);
  });

  it.each([
    [["--http-port=eighty"], "--http-port (eighty): expected a port between 0 and 65535"],
    [
      ["--profiler-address=0.0.0.0"],
      "--profiler-address (0.0.0.0): expected a loopback address such as 127.0.0.1: the pages show the whole model",
    ],
    [["--http-port=65536"], "--http-port (65536): expected a port between 0 and 65535"],
    [["--http-port"], "--http-port (): needs a value: --http-port=PORT"],
    [["--http-port=443"], "--https-port (443): the same port as --http-port; choose another"],
    [["--configmap=headgate"], "--configmap (headgate): expected NAMESPACE/NAME"],
    [["--configmap=a/b/c"], "--configmap (a/b/c): expected NAMESPACE/NAME"],
    [["--ingress-class-by-name=maybe"], "--ingress-class-by-name (maybe): expected true or false"],
    [["--ingress-class="], "--ingress-class (): expected a name of lower-case letters, digits, - and ."],
    [
      ["--annotations-prefix=A_B"],
      "--annotations-prefix (A_B): expected a name of lower-case letters, digits, - and .",
    ],
    [["--bind-address=10.0.0.0/8"], "--bind-address (10.0.0.0/8): expected an IP address such as 127.0.0.1"],
    [["--health-check-path=healthz"], "--health-check-path (healthz): expected a path such as /healthz"],
    [["--apiserver-host=10.0.0.1"], "--apiserver-host (10.0.0.1): expected a URL such as https://10.0.0.1:6443"],
    [["-v=loud"], "--v (loud): expected a whole number such as 2"],
    [
      ["--watch-namespace=a", "--watch-namespace-selector=b=c"],
      "--watch-namespace-selector (b=c): excludes --watch-namespace; remove one of them",
    ],
  ])("%j is refused", (argv, expected) => {
    expect(refused("controller", argv)).toEqual([expected]);
  });

  it("names everything that is wrong at once", () => {
    expect(refused("controller", ["--http-port=x", "--configmap=y", "--bind-address=z"])).toHaveLength(3);
  });
});

describe("headgate dev", () => {
  it("listens on this machine only and serves every class", () => {
    expect(accepted("dev", ["a.yaml"])).toEqual(DEV_DEFAULTS);
  });

  it.each<[readonly string[], Record<string, unknown>]>([
    [["--demo", "a.yaml", "b"], { demo: true, paths: ["a.yaml", "b"] }],
    [["a.yaml", "--", "--demo"], { paths: ["a.yaml", "--demo"] }],
    [["a.yaml", "--configmap", "x/y"], { configMap: "x/y" }],
    [["a.yaml", "--bind-address=localhost"], { bindAddress: "localhost" }],
    [["a.yaml", "--ingress-class=public"], { ingressClass: "public", anyClass: false }],
    [["a.yaml", "--watch-ingress-without-class"], { watchIngressWithoutClass: true, anyClass: false }],
  ])("%j sets %j", (argv, expected) => {
    expect(accepted("dev", argv)).toEqual({ ...DEV_DEFAULTS, ...expected });
  });

  it.each([
    ["web=127.0.0.1:3000", "default/web", { kind: "address", address: "127.0.0.1", port: 3000 }],
    ["web=localhost:3000", "default/web", { kind: "address", address: "localhost", port: 3000 }],
    ["web=app.localhost:3000", "default/web", { kind: "address", address: "localhost", port: 3000 }],
    ["web=3000", "default/web", { kind: "address", address: "localhost", port: 3000 }],
    ["shop/web:http=:3000", "shop/web:http", { kind: "address", address: "localhost", port: 3000 }],
    ["shop/web=[::1]:80", "shop/web", { kind: "address", address: "::1", port: 80 }],
    ["shop/web:http=example.com:80", "shop/web:http", { kind: "name", host: "example.com", port: 80 }],
    ["web:8080=10.0.0.1:80", "default/web:8080", { kind: "address", address: "10.0.0.1", port: 80 }],
  ])("--map %s sends %s to its endpoint", (text, service, endpoint) => {
    expect(accepted("dev", ["a.yaml", "--map", text])).toMatchObject({ endpointOverrides: [[service, [endpoint]]] });
  });

  it("adds up the endpoints of one Service", () => {
    const config = accepted("dev", [
      "a.yaml",
      "--map=web=127.0.0.1:1",
      "--map=web=127.0.0.1:2",
      "--map=api=127.0.0.1:3",
    ]);
    expect(
      config.kind === "dev" && config.endpointOverrides.map(([service, endpoints]) => [service, endpoints.length]),
    ).toEqual([
      ["default/web", 2],
      ["default/api", 1],
    ]);
  });

  it.each([
    "web",
    "web=",
    "=127.0.0.1:1",
    "web=127.0.0.1",
    "web=127.0.0.1:0",
    "web=0",
    "web=65536",
    "web=:",
    "Web=a:1",
    "a/b/c=a:1",
    "web=a:1=b:2",
  ])("--map %s is refused with an example", (text) => {
    expect(refused("dev", ["a.yaml", "--map", text])).toEqual([
      `--map (${text}): expected [NAMESPACE/]SERVICE[:PORT]=[HOST:]PORT, such as web=3000 or web=10.0.0.7:3000`,
    ]);
  });

  it.each([
    [["a.yaml", "--htp-port=1"], "--htp-port (1): unknown flag; did you mean --http-port?"],
    [["a.yaml", "--nonsense"], "--nonsense (): unknown flag; see --help"],
    [["a.yaml", "--kubeconfig=x"], "--kubeconfig (x): unknown flag; see --help"],
    [[], "PATH (): name at least one file or folder with manifests, or - for standard input"],
  ])("%j is refused", (argv, expected) => {
    expect(refused("dev", argv)).toEqual([expected]);
  });

  it("needs no path to print help", () => {
    expect(accepted("dev", ["--help"])).toMatchObject({ show: "help" });
  });
});

it("the configuration is frozen to its leaves", () => {
  const config = accepted("dev", ["a.yaml", "--map=web=127.0.0.1:1"]);
  expect(Object.isFrozen(config)).toBe(true);
  expect(config.kind === "dev" && Object.isFrozen(config.endpointOverrides[0]?.[1][0])).toBe(true);
});
