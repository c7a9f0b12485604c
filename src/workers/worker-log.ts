import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { ExchangeObserver } from "../model/exchange-observer.ts";
import type { ModelDelta } from "../model/model.ts";
import {
  AccessLog,
  BoundedWriter,
  createPaint,
  DevLog,
  ErrorLog,
  openJsonLogger,
  openPrettyLogger,
  WriteLock,
} from "../observability/observability.ts";
import type { WorkerBoot } from "./messages.ts";

/** Log text of one worker held while a reader is slow. */
const PENDING_LIMIT_BYTES = 4 * 1_048_576;

/** A worker's log lines on their way out, without a detour over the main thread. */
export interface OpenLog {
  readonly logger: Logger;
  /** One line a request. */
  readonly requests: ExchangeObserver;
  /** Takes over what the settings say of the request log. */
  apply(delta: ModelDelta): void;
  readonly droppedLines: number;
  /** Resolves once everything is written, or after `deadlineMs`. */
  flush(deadlineMs: number): Promise<unknown>;
}

/** What the lines say of the process. */
export interface LogEnvironment {
  readonly clock: Clock;
  readonly processId: number;
  readonly hostname: string;
}

export function openWorkerLog({ id, log }: WorkerBoot, environment: LogEnvironment): OpenLog {
  const { clock } = environment;
  const stdout = openWriter(1, new WriteLock(id, log.stdoutLock));
  const stderr = openWriter(2, new WriteLock(id, log.stderrLock));
  const paint = createPaint(log.colors);
  const accessLog = new AccessLog({ stdout, stderr }, environment);
  const logger =
    log.format === "json"
      ? openJsonLogger(log.level, stderr, clock)
      : openPrettyLogger(log.level, stdout, paint, clock);
  const errorLog = new ErrorLog(logger, clock);
  return {
    logger,
    requests:
      log.requests === "access" ? inBoth(accessLog, errorLog) : withReasons(new DevLog(stdout, paint), errorLog),
    apply: (delta) => {
      accessLog.apply(delta);
      errorLog.apply(delta);
    },
    get droppedLines() {
      return stdout.droppedLines + stderr.droppedLines;
    },
    flush: (deadlineMs) => {
      errorLog.settle();
      return Promise.all([stdout.flush(deadlineMs), stderr.flush(deadlineMs)]);
    },
  };
}

function inBoth(accessLog: AccessLog, errorLog: ErrorLog): ExchangeObserver {
  return {
    onFinish: (exchange) => {
      accessLog.onFinish(exchange);
      errorLog.onFinish(exchange);
    },
    onTurnedAway: (connection) => errorLog.onTurnedAway(connection),
  };
}

/** The developer's line of a request has its reason already. */
function withReasons(requests: DevLog, errorLog: ErrorLog): ExchangeObserver {
  return {
    onFinish: (exchange) => requests.onFinish(exchange),
    onTurnedAway: (connection) => errorLog.onTurnedAway(connection),
  };
}

function openWriter(fd: 1 | 2, lock: WriteLock): BoundedWriter {
  return new BoundedWriter({ fd, limitBytes: PENDING_LIMIT_BYTES, lock });
}
