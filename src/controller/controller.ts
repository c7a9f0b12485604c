export { Controller, type ControllerOptions } from "./reconcile-loop.ts";
export { type ApiSource, type ApiSourceOptions, openApiSource } from "./api-source/api-source.ts";
export { type FileSource, type FileSourceOptions, openFileSource } from "./file-source/file-source.ts";
export type { ObjectSource, SourceListener } from "./source.ts";
