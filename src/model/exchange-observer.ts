import type { FinishedExchange, TurnedAway } from "./finished-exchange.ts";
import type { ObserverSlot } from "./observer-slot.ts";

/** A consumer of finished exchanges. Must not throw and must not wait. */
export interface ExchangeObserver {
  /**
   * Exchanges of these routes are reported next. For an observer that needs memory of theirs which may be in no cache: it can be read for all of
   * them at once.
   */
  prefetch?(routes: readonly ObserverSlot[]): void;
  onFinish(exchange: FinishedExchange): void;
  onTurnedAway?(connection: TurnedAway): void;
}
