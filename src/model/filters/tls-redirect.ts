/** Sends clients that ask over http to https. One of the two conditions is true: else there is no filter. */
export interface TlsRedirectFilter {
  /** When a certificate is mapped to the host. */
  readonly whenCertificate: boolean;
  readonly always: boolean;
  /** Keep one trailing slash of the request target in the Location. */
  readonly preserveTrailingSlash: boolean;
}
