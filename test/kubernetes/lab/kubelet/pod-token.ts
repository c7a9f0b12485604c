import { sign } from "node:crypto";
import { readFileSync } from "node:fs";
import type { LabApi } from "../api.ts";
import type { Pod } from "./pod.ts";

const DEFAULT_SECONDS = 3_600;
/** The API server gives none for less. */
const SHORTEST_SECONDS = 600;
/** A kubelet asks for the next one when so much of the life is over. */
const ROTATED_AT = 0.8;
/** How long after its end the API server still takes a token. */
const LEEWAY_SECONDS = 60;

interface Token {
  readonly text: string;
  readonly renewAtMs: number;
}

/** The token of a pod's ServiceAccount, bound to the pod, and renewed before its end as a kubelet does it. */
export class PodToken {
  readonly #api: LabApi;
  readonly #pod: Pod;
  readonly #signingKey: string;
  #token: Token | null = null;
  #lifeSeconds: number | null = null;

  /** `signingKey`: file with the key that the API server signs with. */
  constructor(api: LabApi, pod: Pod, signingKey: string) {
    this.#api = api;
    this.#pod = pod;
    this.#signingKey = signingKey;
  }

  /** Tokens live that long from the next one on, which is asked for at once: also less than the API server gives. */
  shorten(lifeSeconds: number): void {
    this.#lifeSeconds = lifeSeconds;
    this.#token = null;
  }

  async current(expirationSeconds = DEFAULT_SECONDS): Promise<string> {
    if (this.#token !== null && Date.now() < this.#token.renewAtMs) return this.#token.text;
    const lifeSeconds = this.#lifeSeconds ?? Math.max(SHORTEST_SECONDS, expirationSeconds);
    const given = await this.#request(Math.max(SHORTEST_SECONDS, lifeSeconds));
    const text = lifeSeconds < SHORTEST_SECONDS ? shortened(given, lifeSeconds, this.#signingKey) : given;
    this.#token = { text, renewAtMs: Date.now() + lifeSeconds * 1_000 * ROTATED_AT };
    return text;
  }

  async #request(expirationSeconds: number): Promise<string> {
    const { metadata, spec } = this.#pod;
    const account = spec.serviceAccountName ?? "default";
    const path = `/api/v1/namespaces/${metadata.namespace}/serviceaccounts/${account}/token`;
    const boundObjectRef = { kind: "Pod", apiVersion: "v1", name: metadata.name, uid: metadata.uid };
    const { status, body } = await this.#api.send("POST", path, {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: { expirationSeconds, audiences: [], boundObjectRef },
    });
    if (status !== 201) throw new Error(`no token for ${metadata.namespace}/${account}: ${status} ${body}`);
    return (JSON.parse(body) as { status: { token: string } }).status.token;
  }
}

/** The same claims with an earlier end, signed by the same key: the API server takes it until `seconds` from now. */
function shortened(token: string, seconds: number, signingKey: string): string {
  const [header = "", claims = ""] = token.split(".");
  const exp = Math.floor(Date.now() / 1_000) + seconds - LEEWAY_SECONDS;
  const text = JSON.stringify({ ...(JSON.parse(Buffer.from(claims, "base64url").toString()) as object), exp });
  const signed = `${header}.${Buffer.from(text).toString("base64url")}`;
  const signature = sign("RSA-SHA256", Buffer.from(signed), readFileSync(signingKey));
  return `${signed}.${signature.toString("base64url")}`;
}
