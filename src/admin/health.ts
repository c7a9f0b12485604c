/** What the probes ask. Changed only by the start and stop of the process. */
export interface Health {
  /** False from the first moment of the shutdown on: load balancers must stop sending new clients. */
  readonly serving: boolean;
  /** True once the first full configuration is being served. */
  readonly ready: boolean;
  markReady(): void;
  markShuttingDown(): void;
}

export function createHealth(): Health {
  let state: "starting" | "ready" | "shutting-down" = "starting";
  return {
    get serving() {
      return state !== "shutting-down";
    },
    get ready() {
      return state === "ready";
    },
    markReady: () => {
      if (state === "starting") state = "ready";
    },
    markShuttingDown: () => {
      state = "shutting-down";
    },
  };
}
