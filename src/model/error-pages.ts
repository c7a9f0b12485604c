/** `explained`, for development: pages of the proxy's own errors tell the cause, what is served, and a command that helps. Others never see that. */
export type ErrorPages = "plain" | "explained";
