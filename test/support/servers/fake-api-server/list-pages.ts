import type { FakeObject } from "./object-log.ts";

export interface ListPage {
  readonly items: readonly FakeObject[];
  readonly version: number;
  /** Empty on the last page. */
  readonly token: string;
}

interface Rest {
  readonly items: readonly FakeObject[];
  readonly version: number;
}

/** Pages of one consistent list: what changes between two pages is not seen in the later ones. */
export class ListPages {
  readonly #rests = new Map<string, Rest>();
  #next = 0;
  /** Pages never hold more than this, whatever the client asks for. */
  largestPage = 10_000;

  /** All continue tokens given out so far become too old. */
  expire(): void {
    this.#rests.clear();
  }

  /** Null when the continue token is too old. The objects are asked for on the first page only. */
  take(objects: () => readonly FakeObject[], version: number, query: URLSearchParams): ListPage | null {
    const token = query.get("continue") ?? "";
    const rest = token === "" ? { items: objects(), version } : this.#rests.get(token);
    if (rest === undefined) return null;
    const limit = Math.min(Number(query.get("limit") ?? "0") || this.largestPage, this.largestPage);
    const items = rest.items.slice(0, limit);
    const later = rest.items.slice(limit);
    return { items, version: rest.version, token: later.length === 0 ? "" : this.#remember({ ...rest, items: later }) };
  }

  #remember(rest: Rest): string {
    const token = `page-${++this.#next}`;
    this.#rests.set(token, rest);
    return token;
  }
}
