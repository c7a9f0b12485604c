/** A place for what an observer found out about a route; it is given up with the route. */
export interface ObserverSlot {
  observed: object | null;
  /**
   * Where the observer counted the last request, and the key of what counts there; null before. Here and not in an object of
   * its own: with thousands of routes each further object is one more that is in no cache.
   */
  lastCell: Float64Array | null;
  lastCellStart: number;
  lastCellKey: number;
}
