import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refusedRequests } from "../audit.ts";
import { apply, edit, ingress, kube, kubectl, manifest, until } from "../cluster.ts";
import { notServed, served, Story } from "../story.ts";

const PREFIX = "nginx.ingress.kubernetes.io";
let story: Story;

beforeAll(async () => {
  story = await Story.open("kubectl");
});
afterAll(() => story[Symbol.asyncDispose]());

function one(name: string, annotations: Readonly<Record<string, string>> = {}): object {
  return ingress(story.shop, name, `${name}.test`, { service: "web", annotations });
}

function paths(name: string, count: number): object {
  const backend = { service: { name: "web", port: { number: 80 } } };
  const all = Array.from({ length: count }, (_, index) => ({ path: `/p${index}`, pathType: "Prefix", backend }));
  const object = one(name) as { readonly spec: object };
  return { ...object, spec: { ingressClassName: "nginx", rules: [{ host: `${name}.test`, http: { paths: all } }] } };
}

describe("an Ingress that kubectl", () => {
  test("creates, patches, applies on the server and deletes is live each time, and nobody else's request fails", async () => {
    const own = ["--namespace", story.shop];
    await kube("create -f -", manifest([one("made")]));
    await story.live("create", "made.test", served);
    const host = [{ op: "replace", path: "/spec/rules/0/host", value: "patched.test" }];
    await kube(["patch", "ingress", "made", ...own, "--type=json", "--patch", JSON.stringify(host)]);
    await story.live("patch", "patched.test", served);
    await story.live("patch, the host before", "made.test", notServed);
    await kube("apply --server-side --force-conflicts -f -", manifest([one("made")]));
    await story.live("server-side apply", "made.test", served);
    await kube(["annotate", "ingress", "made", ...own, `${PREFIX}/force-ssl-redirect=true`]);
    await story.live("annotate", "made.test", ({ status }) => status === 308);
    await kube(["delete", "ingress", "made", ...own]);
    await story.live("delete", "made.test", notServed);
    expect(story.load.failures).toEqual([]);
  });

  test("holds with a finalizer is served until it is gone", async () => {
    const held = one("held") as { readonly metadata: object };
    await apply({ ...held, metadata: { ...held.metadata, finalizers: ["headgate.test/hold"] } });
    await story.live("create", "held.test", served);
    await kube(["delete", "ingress", "held", "--namespace", story.shop, "--wait=false"]);
    await story.load.untilMore(50);
    await story.live("deleted and held", "held.test", served);
    const free = JSON.stringify({ metadata: { finalizers: null } });
    await kube(["patch", "ingress", "held", "--namespace", story.shop, "--type=merge", "--patch", free]);
    await story.live("let go", "held.test", notServed);
  });
});

describe("a Service, a Secret and a ConfigMap that kubectl", () => {
  test("changes are live, and nobody else's request fails", async () => {
    const own = ["--namespace", story.shop];
    await apply(ingress(story.shop, "later", "later.test", { service: "later" }));
    await story.live("an Ingress without its Service", "later.test", ({ status }) => status === 503);
    const spec = { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] };
    await apply({ apiVersion: "v1", kind: "Service", metadata: { name: "later", namespace: story.shop }, spec });
    await story.live("create of its Service", "later.test", served);
    await kube(["delete", "service", "later", ...own]);
    await story.live("delete of its Service", "later.test", ({ status }) => status === 503);
    await certificateIsLive();
    await apply(one("plain", { [`${PREFIX}/force-ssl-redirect`]: "true" }));
    await story.live("an Ingress that redirects", "plain.test", ({ status }) => status === 308);
    const patch = JSON.stringify({ data: { "http-redirect-code": "301" } });
    const config = ["patch", "configmap", "headgate-controller", "--namespace", story.gate, "--type=merge"];
    await kube([...config, "--patch", patch]);
    await story.live("patch of the ConfigMap", "plain.test", ({ status }) => status === 301);
    expect(story.load.failures).toEqual([]);
  });
});

/** One Secret, replaced: the next handshake sees the other certificate. */
async function certificateIsLive(): Promise<void> {
  for (const serial of ["0A01", "0A02"]) {
    const metadata = { name: "secure", namespace: story.shop };
    await apply({ apiVersion: "v1", kind: "Secret", type: "kubernetes.io/tls", metadata, data: certificate(serial) });
    await apply(ingress(story.shop, "secure", "secure.test", { service: "web", tlsSecret: "secure" }));
    await untilShown(serial);
  }
}

async function untilShown(serial: string): Promise<void> {
  const look = async (): Promise<true | null> => await Promise.resolve(shownSerial() === serial ? true : null);
  await story.timed(`certificate ${serial}, shown`, () => until(`certificate ${serial}`, look));
}

/** Of secure.test, as a Secret holds it. */
function certificate(serial: string): { readonly "tls.crt": string; readonly "tls.key": string } {
  const folder = mkdtempSync(join(tmpdir(), "headgate-story-"));
  const file = (name: string): string => join(folder, name);
  try {
    const name = [
      "-subj",
      "/CN=secure.test",
      "-addext",
      "subjectAltName=DNS:secure.test",
      "-set_serial",
      `0x${serial}`,
    ];
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", file("key")];
    execFileSync("openssl", ["req", "-x509", "-days", "2", ...key, "-out", file("crt"), ...name], { stdio: "ignore" });
    return { "tls.crt": readFileSync(file("crt"), "base64"), "tls.key": readFileSync(file("key"), "base64") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function shownSerial(): string {
  const connect = `openssl s_client -connect ${story.address}:443 -servername secure.test </dev/null 2>/dev/null`;
  const shown = execFileSync("sh", ["-c", `${connect} | openssl x509 -noout -serial`], { encoding: "utf8" });
  return shown.trim().replace("serial=", "");
}

describe("what kubectl edit changes is live at once:", () => {
  test("an Ingress, a Service, a Secret and a ConfigMap, and nobody else's request fails", async () => {
    await apply(one("edited", { [`${PREFIX}/force-ssl-redirect`]: "false" }));
    await story.live("an Ingress", "edited.test", served);
    await edit(story.shop, "ingress/edited", ["s/host: edited\\.test/host: rehosted.test/"]);
    await story.live("edit of its host", "rehosted.test", served);
    await story.live("edit, the host before", "edited.test", notServed);

    const metadata = { name: "editable", namespace: story.shop };
    const spec = { selector: { app: "nobody" }, ports: [{ port: 80, targetPort: 8080 }] };
    await apply({ apiVersion: "v1", kind: "Service", metadata, spec });
    await apply(ingress(story.shop, "service", "service.test", { service: "editable" }));
    await story.live("a Service without endpoints", "service.test", ({ status }) => status === 503);
    await edit(story.shop, "service/editable", ["s/app: nobody/app: web/"]);
    await story.live("edit of its selector", "service.test", served);

    const data = certificate("0A0A");
    await apply({ apiVersion: "v1", kind: "Secret", type: "kubernetes.io/tls", metadata, data });
    await apply(ingress(story.shop, "secure", "secure.test", { service: "web", tlsSecret: "editable" }));
    await untilShown("0A0A");
    const renewed = Object.entries(certificate("0A0B"));
    const lines = renewed.map(([name, value]) => `s|^  ${name}: .*|  ${name}: ${value}|`);
    await edit(story.shop, "secret/editable", lines);
    await untilShown("0A0B");

    await apply(one("plain", { [`${PREFIX}/force-ssl-redirect`]: "true" }));
    const config = ["patch", "configmap", "headgate-controller", "--namespace", story.gate, "--type=merge", "--patch"];
    await kube([...config, JSON.stringify({ data: { "http-redirect-code": "302" } })]);
    await story.live("a ConfigMap", "plain.test", ({ status }) => status === 302);
    const code = ['s/http-redirect-code: "302"/http-redirect-code: "307"/'];
    await edit(story.gate, "configmap/headgate-controller", code);
    await story.live("edit of it", "plain.test", ({ status }) => status === 307);
    expect(story.load.failures).toEqual([]);
  });

  test("what the webhook refuses is refused in the editor's words too, and what was there stays", async () => {
    await apply(one("kept", { [`${PREFIX}/whitelist-source-range`]: "0.0.0.0/0,::/0" }));
    await story.live("an Ingress", "kept.test", served);
    const bad = edit(story.shop, "ingress/kept", ["s/whitelist-source-range: .*/whitelist-source-range: everybody/"]);
    await expect(bad).rejects.toThrow(`${PREFIX}/whitelist-source-range`);
    await story.live("what was there before", "kept.test", served);
  });
});

describe("what kubectl shows", () => {
  test("of an Ingress is the balancer's address and the Event of its Sync", async () => {
    await apply(one("shown"));
    const row = await until("the address", async () => {
      const text = await kube(["get", "ingress", "shown", "--namespace", story.shop]);
      return text.includes(story.address) ? text : null;
    });
    expect(row).toMatch(/shown +nginx +shown\.test +10\.79\.0\.\d+ +80/);
    const event = await until("the Event", async () => {
      const text = await kube(["describe", "ingress", "shown", "--namespace", story.shop]);
      return text.includes("Sync") ? text : null;
    });
    expect(event).toMatch(/Normal +Sync/);
  });

  test.each([
    ["a snippet", { [`${PREFIX}/configuration-snippet`]: "deny all;" }, `${PREFIX}/configuration-snippet`],
    ["a list that is none", { [`${PREFIX}/whitelist-source-range`]: "everybody" }, `${PREFIX}/whitelist-source-range`],
  ])("for %s is that the webhook denied it, and the annotation's name", async (_what, annotations, named) => {
    const { code, stderr } = await kubectl("apply -f -", manifest([one("bad", annotations)]));
    expect(code).not.toBe(0);
    expect(stderr).toContain("denied the request");
    expect(stderr).toContain(named);
    story.tell(stderr.trim());
    expect((await kubectl(["get", "ingress", "bad", "--namespace", story.shop])).code).not.toBe(0);
  });

  test("for an annotation that nobody knows is a warning, and the Ingress is there", async () => {
    const { code, stderr } = await kubectl(
      "apply -f -",
      manifest([one("warned", { [`${PREFIX}/proxy-bodysize`]: "9m" })]),
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(/^Warning: /m);
    expect(stderr).toContain("proxy-bodysize");
    story.tell(stderr.trim());
  });

  test("of 1,000 paths in one Ingress is nothing: all are live; 6,000 are refused with the limit", async () => {
    await kube("create -f -", manifest([paths("thousand", 1_000)]));
    await story.live("the last of 1,000 paths", "thousand.test", served, "/p999");
    const { code, stderr } = await kubectl("create -f -", manifest([paths("six", 6_000)]));
    story.tell(stderr.trim());
    expect(code).not.toBe(0);
    expect(stderr).toContain("denied the request");
    expect(story.load.failures).toEqual([]);
  });

  test("the certificate of the webhook came from the chart's own jobs, which left nothing behind", async () => {
    const read = ["get", "secret,job", "--namespace", story.gate, "--output", "name"];
    const names = (await kube(read)).split("\n");
    expect(names).toContain("secret/headgate-admission");
    expect(names.filter((name) => name.startsWith("job"))).toEqual([]);
    expect(refusedRequests(story.gate)).toEqual([]);
  });
});
