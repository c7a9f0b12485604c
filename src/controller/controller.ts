export { AdmissionServer } from "./admission/admission-server.ts";
export { judge } from "./admission/judge.ts";
export { Controller } from "./reconcile-loop.ts";
export { type ApiSource, type ApiSourceOptions, openApiSource } from "./api-source/api-source.ts";
export { type FileSourceOptions, openFileSource } from "./file-source/file-source.ts";
export type { ObjectSource, SourceListener } from "./source.ts";
export { Duties, type DutiesOptions } from "./duties/duties.ts";
export { type Certgen, openCertgen } from "./certgen/certgen.ts";
export type { WebhookSecret } from "./certgen/webhook-secret.ts";
