export { AccessLog } from "./access-log.ts";
export { BoundedWriter } from "./bounded-writer.ts";
export { DevLog } from "./dev-log.ts";
export { openJsonLogger } from "./json-logger.ts";
export { Metrics } from "./metrics.ts";
export { createPaint, type Paint } from "./paint.ts";
export { openPrettyLogger } from "./pretty-logger.ts";
