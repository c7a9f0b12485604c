import type { CorsFilter } from "../../model/filters/cors.ts";
import { type FieldName, fieldName, type HeaderList } from "../../wire/wire.ts";
import type { Answer } from "../answers/answer.ts";
import type { Filter, RequestContext } from "../request/context.ts";
import type { ResponseDraft } from "../request/hooks.ts";
import { joinedValues } from "../request/header-values.ts";

export function compileCors(spec: CorsFilter): Filter {
  return new Cors(spec);
}

/**
 * CORS as in ingress-nginx: every OPTIONS request of an origin that is let in is a preflight and never reaches the backend, and every answer
 * to such an origin says what it may do, the proxy's own answers included. Other origins are served as if there were no CORS.
 */
class Cors implements Filter {
  readonly #allowed: AllowedOrigin;
  readonly #fields: readonly Field[];
  readonly #isOther: (name: FieldName) => boolean;

  constructor(spec: CorsFilter) {
    this.#allowed = compileOrigins(spec.origins);
    this.#fields = fieldsOf(spec);
    this.#isOther = replacedBy(this.#fields);
  }

  decide({ request }: RequestContext): Answer | null {
    return request.method === "OPTIONS" && this.#allowed(request.headers) !== null ? PREFLIGHT : null;
  }

  editResponse({ request }: RequestContext, { status, headers }: ResponseDraft): void {
    const origin = status < 200 ? null : this.#allowed(request.headers);
    if (origin === null) return;
    headers.retain(this.#isOther);
    headers.push(ALLOW_ORIGIN, origin);
    for (const { name, value } of this.#fields) headers.push(name, value);
  }
}

/** No content, no type, no length: as nginx sends it. */
const PREFLIGHT: Answer = { kind: "empty", status: 204 };

const ALLOW_ORIGIN = fieldName("Access-Control-Allow-Origin");
const ALLOW_CREDENTIALS = fieldName("Access-Control-Allow-Credentials");

interface Field {
  readonly name: FieldName;
  readonly value: string;
}

function fieldsOf({ credentials, methods, headers, exposedHeaders, maxAgeSeconds }: CorsFilter): readonly Field[] {
  const fields = [
    { name: ALLOW_CREDENTIALS, value: credentials ? "true" : null },
    { name: fieldName("Access-Control-Allow-Methods"), value: methods },
    { name: fieldName("Access-Control-Allow-Headers"), value: headers },
    { name: fieldName("Access-Control-Expose-Headers"), value: exposedHeaders },
    { name: fieldName("Access-Control-Max-Age"), value: String(maxAgeSeconds) },
  ];
  return fields.flatMap(({ name, value }) => (value === null ? [] : [{ name, value }]));
}

/** Those that our fields take the place of; the backend's word on credentials goes whatever ours is. */
function replacedBy(fields: readonly Field[]): (name: FieldName) => boolean {
  const names = new Set([ALLOW_ORIGIN.lower, ALLOW_CREDENTIALS.lower, ...fields.map(({ name }) => name.lower)]);
  return (name) => !names.has(name.lower);
}

/** The value of Access-Control-Allow-Origin for a request with these fields; null: its origin is not let in. */
type AllowedOrigin = (headers: HeaderList) => string | null;

/** No browser sends a longer one. */
const MAX_ORIGIN_LENGTH = 320;

function compileOrigins(origins: CorsFilter["origins"]): AllowedOrigin {
  // Said to everybody, also to those who send no Origin, as in ingress-nginx.
  if (origins === "any") return () => "*";
  const isAllowed = compileOriginList(origins);
  return (headers) => {
    const origin = joinedValues(headers, "origin", ", ");
    return origin !== undefined && isAllowed(origin) ? origin : null;
  };
}

/** Whether an origin, in any case, is one of these; `*` in the place of the first label stands for exactly one label. */
export function compileOriginList(origins: readonly string[]): (origin: string) => boolean {
  const exact = new Set(origins);
  const wildcards = origins.flatMap(splitAtLabel);
  return (origin) => {
    if (origin.length > MAX_ORIGIN_LENGTH) return false;
    const text = origin.toLowerCase();
    // A pattern is no origin: nobody is let in by writing it.
    return text.includes("*") ? false : exact.has(text) || wildcards.some((wildcard) => fits(text, wildcard));
  };
}

interface Wildcard {
  /** Up to the label, such as `https://`. */
  readonly before: string;
  /** From its dot on, such as `.example.com:8443`. */
  readonly after: string;
}

function splitAtLabel(origin: string): readonly Wildcard[] {
  const star = origin.indexOf("*");
  return star === -1 ? [] : [{ before: origin.slice(0, star), after: origin.slice(star + 1) }];
}

const LABEL = /^[a-z0-9-]+$/;

function fits(origin: string, { before, after }: Wildcard): boolean {
  if (origin.length <= before.length + after.length) return false;
  if (!origin.startsWith(before) || !origin.endsWith(after)) return false;
  return LABEL.test(origin.slice(before.length, origin.length - after.length));
}
