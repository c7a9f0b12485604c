import { readFileSync } from "node:fs";
import { Agent, type Dispatcher, ProxyAgent, request } from "undici";
import { isRecord } from "../../kubernetes/parse-fields.ts";
import type { NamedProxy } from "./proxy-environment.ts";

/** The `config` of the auth-provider `oidc` of a kubeconfig, by kubectl's names. */
export type OidcConfig = Readonly<Record<string, string | undefined>>;

const LIMIT_MS = 10_000;
const ANSWER_LIMIT_BYTES = 1024 * 1024;
/** A token that ends so soon is renewed first. */
const LEEWAY_MS = 10_000;

/**
 * The ID token of OpenID Connect, renewed with the refresh token when it ends. Unlike kubectl, which it follows otherwise, what was
 * renewed is not written into the kubeconfig: that may be a read-only mount.
 */
export class OidcToken {
  readonly #config: OidcConfig;
  readonly #proxyFor: (url: string) => NamedProxy | null;
  #idToken: string;
  #refreshToken: string;
  /** One renewal for all who wait for it: a refresh token may be good for once only. */
  #renewing: Promise<void> | null = null;

  /** `proxyFor`: the proxy that a URL is asked through; null: none. */
  constructor(config: OidcConfig, proxyFor: (url: string) => NamedProxy | null) {
    this.#config = config;
    this.#proxyFor = proxyFor;
    this.#idToken = config["id-token"] ?? "";
    this.#refreshToken = config["refresh-token"] ?? "";
  }

  /** Rejects when it has ended and cannot be renewed, saying why. */
  async current(nowMs: number): Promise<string> {
    if (this.#idToken !== "" && expiryMs(this.#idToken) - LEEWAY_MS > nowMs) return this.#idToken;
    if (this.#refreshToken === "")
      throw new Error("the OIDC id-token has ended or was refused, and there is no refresh-token");
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = null));
    await this.#renewing;
    return this.#idToken;
  }

  /** The API server did not take it, whatever it says of its end. */
  distrust(): void {
    this.#idToken = "";
  }

  async #renew(): Promise<void> {
    const authority = this.#authority();
    const connect = { timeout: LIMIT_MS };
    const proxy = this.#proxyFor(this.#named("idp-issuer-url"));
    const dispatcher =
      proxy === null
        ? new Agent({ connect: { ...authority, ...connect } })
        : new ProxyAgent({ uri: proxy.url, requestTls: authority, connect });
    try {
      await this.#renewOver(dispatcher);
    } finally {
      await dispatcher.close();
    }
  }

  async #renewOver(dispatcher: Dispatcher): Promise<void> {
    const issuer = this.#named("idp-issuer-url");
    const clientId = this.#named("client-id");
    const base = issuer.endsWith("/") ? issuer.slice(0, -1) : issuer;
    const discovery = await askJson(dispatcher, `${base}/.well-known/openid-configuration`, null);
    const endpoint = discovery["token_endpoint"];
    if (typeof endpoint !== "string") throw new Error(`the OIDC issuer ${issuer} names no token_endpoint`);
    const secret = this.#config["client-secret"] ?? "";
    const answer = await askJson(
      dispatcher,
      endpoint,
      new URLSearchParams({
        grant_type: "refresh_token",
        refresh_token: this.#refreshToken,
        client_id: clientId,
        ...(secret === "" ? {} : { client_secret: secret }),
      }),
    );
    const { id_token: idToken, refresh_token: refreshToken } = answer;
    if (typeof idToken !== "string") throw new Error(`the OIDC issuer ${issuer} gave no id_token`);
    this.#idToken = idToken;
    if (typeof refreshToken === "string" && refreshToken !== "") this.#refreshToken = refreshToken;
  }

  #named(name: string): string {
    const value = this.#config[name] ?? "";
    if (value === "")
      throw new Error(`the OIDC id-token has ended or was refused, and the kubeconfig has no ${name} to renew it`);
    return value;
  }

  #authority(): { readonly ca?: string | Buffer } {
    const data = this.#config["idp-certificate-authority-data"];
    if (data !== undefined) return { ca: Buffer.from(data, "base64") };
    const path = this.#config["idp-certificate-authority"];
    return path === undefined ? {} : { ca: readFileSync(path) };
  }
}

async function askJson(
  dispatcher: Dispatcher,
  url: string,
  form: URLSearchParams | null,
): Promise<Readonly<Record<string, unknown>>> {
  const type = { "content-type": "application/x-www-form-urlencoded" };
  const { statusCode, body } = await request(url, {
    dispatcher,
    signal: AbortSignal.timeout(LIMIT_MS),
    ...(form === null ? {} : { method: "POST", headers: type, body: form.toString() }),
  });
  const text = await limitedText(body);
  if (statusCode !== 200) throw new Error(`the OIDC issuer answered ${statusCode} at ${url}`);
  const answer: unknown = JSON.parse(text);
  return isRecord(answer) ? answer : {};
}

async function limitedText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > ANSWER_LIMIT_BYTES) throw new Error("the OIDC issuer's answer is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** `exp` of the claims; 0 where there is none. The API server judges the token; only its end is looked at here. */
function expiryMs(token: string): number {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    return isRecord(claims) && typeof claims["exp"] === "number" ? claims["exp"] * 1000 : 0;
  } catch {
    return 0;
  }
}
