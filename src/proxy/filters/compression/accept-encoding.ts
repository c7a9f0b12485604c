/** As `Content-Encoding` names it. */
export type Coding = "gzip" | "br";

/** Which codings an answer may have. */
export type Offer = Readonly<Record<Coding, boolean>>;

/**
 * The coding that an Accept-Encoding value weighs highest among those offered, brotli where it weighs no less than gzip (RFC 9110 §12.5.3);
 * `*` stands for what is not named. Null: none is taken, or the client would rather have the answer as it is. An item that cannot be read
 * asks for nothing.
 */
export function chooseCoding(accept: string | undefined, offer: Offer): Coding | null {
  if (accept === undefined) return null;
  const weights = new Weights(accept);
  const gzip = offer.gzip ? weights.of("gzip") : 0;
  const br = offer.br ? weights.of("br") : 0;
  const best = Math.max(gzip, br);
  if (best <= 0 || best < weights.identity) return null;
  return br === best ? "br" : "gzip";
}

/** Nobody lists more than a few; the rest is not read. */
const MAX_ITEMS = 32;
const UNNAMED = -1;

/** What is said of the names that matter, in one walk. */
class Weights {
  identity = UNNAMED;
  #gzip = UNNAMED;
  #br = UNNAMED;
  #rest = UNNAMED;

  constructor(accept: string) {
    let start = 0;
    for (let items = 0; items < MAX_ITEMS && start <= accept.length; items++) {
      const comma = accept.indexOf(",", start);
      const end = comma === -1 ? accept.length : comma;
      this.#read(accept.slice(start, end));
      start = end + 1;
    }
  }

  of(coding: Coding): number {
    const weight = coding === "br" ? this.#br : this.#gzip;
    return weight === UNNAMED ? this.#rest : weight;
  }

  /** The highest counts of a name that is there twice. */
  #read(item: string): void {
    const semicolon = item.indexOf(";");
    const name = (semicolon === -1 ? item : item.slice(0, semicolon)).trim().toLowerCase();
    const weight = semicolon === -1 ? 1 : parseWeight(item.slice(semicolon + 1));
    if (name === "gzip" || name === "x-gzip") this.#gzip = Math.max(this.#gzip, weight);
    else if (name === "br") this.#br = Math.max(this.#br, weight);
    else if (name === "identity") this.identity = Math.max(this.identity, weight);
    else if (name === "*") this.#rest = Math.max(this.#rest, weight);
  }
}

const WEIGHT = /^[ \t]*[qQ]=([01](?:\.[0-9]{0,3})?)[ \t]*$/;

/** 0 for what is no weight. */
function parseWeight(parameter: string): number {
  const weight = Number(WEIGHT.exec(parameter)?.[1] ?? "0");
  return weight <= 1 ? weight : 0;
}
