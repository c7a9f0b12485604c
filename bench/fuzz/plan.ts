/** What an endpoint does instead of answering well. */
export interface Script {
  readonly pieces: readonly string[];
  readonly end: "keep" | "fin" | "rst";
  /** `early`: as soon as the request's head is there. */
  readonly when: "complete" | "early";
}

/** One client connection, from its first byte to its end, and how endpoints treat its requests. */
export interface Plan {
  readonly seed: number;
  readonly kind: "request" | "response" | "chaos" | "tunnel" | "canary";
  readonly transport: "plain" | "tls";
  readonly pieces: readonly string[];
  /** By the number in the target `/i/<n>`; others get a good answer. */
  readonly scripts: readonly (Script | null)[];
  /** When the client has sent everything: read to the end, leave at once, or end its side only. */
  readonly leaving: "polite" | "abort" | "half-close";
  readonly slowReader: boolean;
  /** Size of good answers' bodies. */
  readonly answerBytes: number;
}
