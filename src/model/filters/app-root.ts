import type { SourceRef } from "../source.ts";

/** Sends clients that ask for `/` exactly to the application's root, before any location is looked up. */
export interface AppRootFilter {
  /** Absolute path. */
  readonly path: string;
  readonly source: SourceRef;
}
