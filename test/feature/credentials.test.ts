import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer as createProxy } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { ApiClient } from "../../src/controller/api-source/api-client.ts";
import { openCredentials } from "../../src/controller/api-source/credentials.ts";
import { revealSecret } from "../../src/lib/secret.ts";
import { apiSourceOptions, QUICK_TIMING } from "../support/servers/api-source-harness.ts";
import { openApiSource } from "../../src/controller/controller.ts";
import { FakeClock } from "../support/waiting/fake-clock.ts";
import { FakeApiServer } from "../support/servers/fake-api-server/fake-api-server.ts";
import { RecordingListener } from "../support/servers/recording-listener.ts";
import { EC_PAIR, testCa } from "../support/builders/test-certificates.ts";

/** What the server saw of a request. */
interface Seen {
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly servername: string;
  readonly hasCertificate: boolean;
}

const HOST = "api.cluster.test";

afterEach(() => vi.unstubAllEnvs());

/** An HTTPS server that answers with what it saw, under a certificate for `HOST` alone. */
async function openTlsServer(): Promise<string> {
  const { certPem, keyPem } = testCa().issue(HOST);
  const options = { cert: certPem, key: revealSecret(keyPem), requestCert: true, rejectUnauthorized: false };
  const server = createServer(options, ({ headers, socket }, response) => {
    const client = socket as TLSSocket & { readonly servername: string | false };
    const { servername } = client;
    const certificate = client.getPeerCertificate();
    const seen: Seen = {
      headers: headers as Seen["headers"],
      servername: typeof servername === "string" ? servername : "",
      hasCertificate: Object.keys(certificate).length > 0,
    };
    response.end(JSON.stringify(seen));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A proxy that leads every tunnel to the port on this machine, and which tunnels were asked for. */
async function openTunnelProxy(): Promise<{ readonly url: string; readonly tunnels: readonly string[] }> {
  const tunnels: string[] = [];
  const proxy = createProxy();
  proxy.on("connect", ({ url = "" }, client) => {
    tunnels.push(url);
    const upstream = connect(Number(url.split(":")[1]), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void proxy.close());
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, tunnels };
}

interface Place {
  readonly folder: string;
  readonly kubeconfig: string;
  write(name: string, text: string): Promise<string>;
}

/** A kubeconfig with these parts of cluster and user, and a folder for what it refers to. */
async function writeKubeconfig(cluster: object, user: object): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), "headgate-kubeconfig-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const write = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "here",
    clusters: [{ name: "one", cluster }],
    users: [{ name: "me", user }],
    contexts: [{ name: "here", context: { cluster: "one", user: "me" } }],
  };
  return { folder, write, kubeconfig: await write("config", JSON.stringify(config)) };
}

const TRUST = {
  "tls-server-name": HOST,
  "certificate-authority-data": Buffer.from(testCa().certPem).toString("base64"),
};

function openClient(kubeconfig: string): ApiClient {
  const credentials = openCredentials({ kubeconfig, apiServerHost: null });
  const client = new ApiClient(credentials, { requestMs: 10_000, watchIdleMs: 0 });
  onTestFinished(() => client.close());
  return client;
}

async function ask(client: ApiClient): Promise<Seen> {
  const answer = await client.getJson("/api", AbortSignal.timeout(10_000));
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.value as Seen;
}

/** A plugin that prints `status`, and adds a line to `runs` each time. */
async function writePlugin(place: Place, status: object, version = "v1"): Promise<void> {
  const credential = { kind: "ExecCredential", apiVersion: `client.authentication.k8s.io/${version}`, status };
  await place.write("credential", JSON.stringify(credential));
  const script = `#!/bin/sh\ncd "$(dirname "$0")"\necho "$KUBERNETES_EXEC_INFO" >> runs\necho "$MORE" >> more\ncat credential\n`;
  await chmod(await place.write("plugin", script), 0o755);
}

function plugin(more: object = {}): object {
  return { exec: { apiVersion: "client.authentication.k8s.io/v1", command: "./plugin", ...more } };
}

describe("a kubeconfig's cluster", () => {
  test("may have its authority and the name in its certificate in the kubeconfig", async () => {
    const server = await openTlsServer();
    const { kubeconfig } = await writeKubeconfig({ server, ...TRUST }, {});
    expect(await ask(openClient(kubeconfig))).toMatchObject({ servername: HOST });
  });

  test("may have its authority in a file beside it", async () => {
    const server = await openTlsServer();
    const cluster = { server, "tls-server-name": HOST, "certificate-authority": "ca.crt" };
    const place = await writeKubeconfig(cluster, {});
    await place.write("ca.crt", testCa().certPem);
    expect(await ask(openClient(place.kubeconfig))).toMatchObject({ servername: HOST });
  });

  test("is not trusted without an authority, or under another name, unless told so", async () => {
    const server = await openTlsServer();
    const { "tls-server-name": _name, ...unnamed } = { server, ...TRUST };
    for (const cluster of [{ server, "tls-server-name": HOST }, unnamed]) {
      const { kubeconfig } = await writeKubeconfig(cluster, {});
      await expect(ask(openClient(kubeconfig))).rejects.toThrow(/certificate|IP/i);
    }
    const { kubeconfig } = await writeKubeconfig({ server, "insecure-skip-tls-verify": true }, { token: "t" });
    expect((await ask(openClient(kubeconfig))).headers["authorization"]).toBe("Bearer t");
  });

  test("is reached through its proxy, which goes before the one of the environment", async () => {
    vi.stubEnv("HTTPS_PROXY", "http://127.0.0.1:1");
    const server = await openTlsServer();
    const { url, tunnels } = await openTunnelProxy();
    const { kubeconfig } = await writeKubeconfig({ server, ...TRUST, "proxy-url": url }, { token: "t" });
    const client = openClient(kubeconfig);
    expect(await ask(client)).toMatchObject({ servername: HOST, headers: { authorization: "Bearer t" } });
    expect(tunnels).toEqual([new URL(server).host]);
  });

  test("is reached through the proxy of the environment, unless that leaves it out", async () => {
    const server = (await openTlsServer()).replace("127.0.0.1", HOST);
    const { url, tunnels } = await openTunnelProxy();
    const { kubeconfig } = await writeKubeconfig({ server, ...TRUST }, { token: "t" });
    vi.stubEnv("HTTPS_PROXY", url);
    expect(await ask(openClient(kubeconfig))).toMatchObject({
      servername: HOST,
      headers: { authorization: "Bearer t" },
    });
    expect(tunnels).toEqual([new URL(server).host]);
    vi.stubEnv("NO_PROXY", ".cluster.test");
    // Nobody knows the name without the proxy.
    await expect(ask(openClient(kubeconfig))).rejects.toThrow(HOST);
    expect(tunnels).toHaveLength(1);
  });

  test("is asked directly where a proxy of the environment leads nowhere and the server is this machine", async () => {
    vi.stubEnv("HTTPS_PROXY", "http://127.0.0.1:1");
    const { kubeconfig } = await writeKubeconfig({ server: await openTlsServer(), ...TRUST }, {});
    expect(await ask(openClient(kubeconfig))).toMatchObject({ servername: HOST });
  });
});

describe("a kubeconfig's user", () => {
  test("may have its token in a file, which goes before a token beside it and is read again when it changes", async () => {
    const server = await openTlsServer();
    const place = await writeKubeconfig({ server, ...TRUST }, { tokenFile: "token", token: "old" });
    await place.write("token", "first\n");
    const client = openClient(place.kubeconfig);
    expect((await ask(client)).headers["authorization"]).toBe("Bearer first");
    await place.write("token", "second\n");
    expect((await ask(client)).headers["authorization"]).toBe("Bearer second");
  });

  test.each(["files", "data"])("may have a client certificate, as %s", async (form) => {
    const server = await openTlsServer();
    const [cert, key] = [EC_PAIR.certPem, revealSecret(EC_PAIR.keyPem)];
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    const user =
      form === "files"
        ? { "client-certificate": "cert", "client-key": "key" }
        : { "client-certificate-data": base64(cert), "client-key-data": base64(key) };
    const place = await writeKubeconfig({ server, ...TRUST }, user);
    await place.write("cert", cert);
    await place.write("key", key);
    expect(await ask(openClient(place.kubeconfig))).toMatchObject({ hasCertificate: true });
  });

  test("may act as another user, with uid, groups and more", async () => {
    const server = await openTlsServer();
    const as = { as: "jane", "as-uid": "7", "as-groups": ["a", "b"], "as-user-extra": { scopes: ["view"] } };
    const { kubeconfig } = await writeKubeconfig({ server, ...TRUST }, { token: "t", ...as });
    const { headers } = await ask(openClient(kubeconfig));
    expect(headers).toMatchObject({
      authorization: "Bearer t",
      "impersonate-user": "jane",
      "impersonate-uid": "7",
      "impersonate-group": "a, b",
      "impersonate-extra-scopes": "view",
    });
  });
});

describe("an exec plugin", () => {
  test.each(["v1", "v1beta1"])("of %s gives a token, once for as long as it holds", async (version) => {
    const server = await openTlsServer();
    const apiVersion = `client.authentication.k8s.io/${version}`;
    const more = { apiVersion, env: [{ name: "MORE", value: "told" }] };
    const place = await writeKubeconfig({ server, ...TRUST }, plugin(more));
    await writePlugin(place, { token: "from plugin", expirationTimestamp: "2999-01-01T00:00:00Z" }, version);
    const client = openClient(place.kubeconfig);
    const seen = await Promise.all([ask(client), ask(client)]);
    seen.push(await ask(client));
    expect(seen.map(({ headers }) => headers["authorization"])).toEqual(Array(3).fill("Bearer from plugin"));
    expect(await linesOf(place, "more")).toEqual(["told"]);
    const infos = (await linesOf(place, "runs")).map((line): unknown => JSON.parse(line));
    expect(infos).toEqual([{ kind: "ExecCredential", apiVersion, spec: { interactive: false } }]);
  });

  test("is run again when what it gave has ended, and told the cluster where that is wanted", async () => {
    const server = await openTlsServer();
    const place = await writeKubeconfig({ server, ...TRUST }, plugin({ provideClusterInfo: true }));
    await writePlugin(place, { token: "short", expirationTimestamp: "2020-01-01T00:00:00Z" });
    const client = openClient(place.kubeconfig);
    await ask(client);
    await ask(client);
    const runs = await linesOf(place, "runs");
    expect(runs).toHaveLength(2);
    expect(JSON.parse(runs[0] ?? "")).toMatchObject({ spec: { cluster: { server, "tls-server-name": HOST } } });
  });

  test("may give a client certificate", async () => {
    const server = await openTlsServer();
    const place = await writeKubeconfig({ server, ...TRUST }, plugin());
    const key = revealSecret(EC_PAIR.keyPem);
    await writePlugin(place, { clientCertificateData: EC_PAIR.certPem, clientKeyData: key });
    expect(await ask(openClient(place.kubeconfig))).toMatchObject({ hasCertificate: true });
  });

  test.each([
    ["fails", "#!/bin/sh\necho no luck >&2\nexit 3\n", "the exec plugin .*/plugin failed: no luck"],
    ["prints something else", "#!/bin/sh\necho hello\n", "did not print an ExecCredential"],
  ])("that %s is told so", async (_what, script, words) => {
    const server = await openTlsServer();
    const place = await writeKubeconfig({ server, ...TRUST }, plugin());
    await chmod(await place.write("plugin", script), 0o755);
    await expect(ask(openClient(place.kubeconfig))).rejects.toThrow(new RegExp(words));
  });
});

describe("OpenID Connect", () => {
  const idToken = (exp: number): string =>
    ["{}", JSON.stringify({ exp }), "sig"].map((part) => Buffer.from(part).toString("base64url")).join(".");
  const farMs = 32_503_680_000;

  /** An issuer under the test authority that gives one new ID token after the other. */
  async function openIssuer(host = "localhost"): Promise<{ readonly url: string; readonly forms: URLSearchParams[] }> {
    const { certPem, keyPem } = testCa().issue(host);
    const forms: URLSearchParams[] = [];
    const server = createServer({ cert: certPem, key: revealSecret(keyPem) }, (request, response) => {
      if (request.url === "/.well-known/openid-configuration") {
        response.end(JSON.stringify({ token_endpoint: `${url}/token` }));
        return;
      }
      let form = "";
      request.setEncoding("utf8").on("data", (chunk: string) => (form += chunk));
      request.on("end", () => {
        forms.push(new URLSearchParams(form));
        response.end(
          JSON.stringify({ id_token: idToken(farMs + forms.length), refresh_token: `next-${forms.length}` }),
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `https://${host}:${(server.address() as AddressInfo).port}`;
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    return { url, forms };
  }

  function oidc(config: object): object {
    return { "auth-provider": { name: "oidc", config } };
  }

  test("sends the ID token while it holds", async () => {
    const server = await openTlsServer();
    const { kubeconfig } = await writeKubeconfig({ server, ...TRUST }, oidc({ "id-token": idToken(farMs) }));
    expect((await ask(openClient(kubeconfig))).headers["authorization"]).toBe(`Bearer ${idToken(farMs)}`);
  });

  test("renews an ID token that has ended, once", async () => {
    const server = await openTlsServer();
    const issuer = await openIssuer();
    const config = {
      "id-token": idToken(1),
      "refresh-token": "first",
      "client-id": "headgate",
      "client-secret": "s",
      "idp-issuer-url": issuer.url,
      "idp-certificate-authority-data": Buffer.from(testCa().certPem).toString("base64"),
    };
    const { kubeconfig } = await writeKubeconfig({ server, ...TRUST }, oidc(config));
    const client = openClient(kubeconfig);
    const seen = await Promise.all([ask(client), ask(client)]);
    seen.push(await ask(client));
    expect(new Set(seen.map(({ headers }) => headers["authorization"]))).toEqual(
      new Set([`Bearer ${idToken(farMs + 1)}`]),
    );
    expect(issuer.forms.map((form) => Object.fromEntries(form))).toEqual([
      { grant_type: "refresh_token", refresh_token: "first", client_id: "headgate", client_secret: "s" },
    ]);
  });

  test("renews it through the proxy of the environment", async () => {
    const server = await openTlsServer();
    const issuer = await openIssuer("issuer.cluster.test");
    const { url, tunnels } = await openTunnelProxy();
    vi.stubEnv("HTTPS_PROXY", url);
    const config = {
      "refresh-token": "first",
      "client-id": "headgate",
      "idp-issuer-url": issuer.url,
      "idp-certificate-authority-data": Buffer.from(testCa().certPem).toString("base64"),
    };
    const { kubeconfig } = await writeKubeconfig({ server, ...TRUST }, oidc(config));
    expect((await ask(openClient(kubeconfig))).headers["authorization"]).toBe(`Bearer ${idToken(farMs + 1)}`);
    expect(new Set(tunnels)).toEqual(new Set([new URL(issuer.url).host]));
  });

  test("says so when it cannot be renewed", async () => {
    const server = await openTlsServer();
    const { kubeconfig } = await writeKubeconfig({ server, ...TRUST }, oidc({ "id-token": idToken(1) }));
    await expect(ask(openClient(kubeconfig))).rejects.toThrow(
      "has ended or was refused, and there is no refresh-token",
    );
  });
});

describe("what is not supported is said by its name:", () => {
  test.each<[string, object, object]>([
    ["basic authentication", {}, { username: "me", password: "x" }],
    ["the auth-provider gcp", {}, { "auth-provider": { name: "gcp" } }],
    ["v1alpha1: expected", {}, plugin({ apiVersion: "client.authentication.k8s.io/v1alpha1" })],
    ["needs a terminal", {}, plugin({ interactiveMode: "Always" })],
    ["not supported: ftp:", { "proxy-url": "ftp://proxy.test" }, {}],
  ])("%s", async (words, cluster, user) => {
    const { kubeconfig } = await writeKubeconfig({ server: "https://127.0.0.1:1", ...cluster }, user);
    await expect(ask(openClient(kubeconfig))).rejects.toThrow(words);
  });
});

describe("a token file that changes while the API server refuses the old token", () => {
  test("is tried at once, whatever pause was begun", async () => {
    const server = await FakeApiServer.open();
    server.token = "second";
    const place = await writeKubeconfig({ server: server.url }, { tokenFile: "token" });
    await place.write("token", "first");
    const hourMs = 3_600_000;
    const timing = { ...QUICK_TIMING, refreshMs: hourMs, backOffFirstMs: hourMs, backOffMaxMs: hourMs };
    const clock = new FakeClock();
    const source = openApiSource(apiSourceOptions(server, { kubeconfig: place.kubeconfig, timing, clock }));
    onTestFinished(async () => {
      await source.stop();
      await server[Symbol.asyncDispose]();
    });
    // Not soon after the start, when a refusal is asked again anyway.
    clock.advance(60_000);
    const listener = new RecordingListener();
    source.start(listener);
    await listener.until(() => listener.problemsByKey.size === 6, "the refusals as problems");
    await place.write("token", "second");
    await listener.until(() => listener.syncedKinds.size === 7 && listener.problemsByKey.size === 0, "access");
  });
});

async function linesOf({ folder }: Place, name: string): Promise<readonly string[]> {
  return (await readFile(join(folder, name), "utf8")).trim().split("\n");
}
