import type { RewriteFilter } from "../../model/filters/rewrite.ts";
import { type CompiledRewrite, compileRewrite as compileTarget } from "../../router/router.ts";
import { fieldName, type HeaderList } from "../../wire/wire.ts";
import type { Filter, RequestContext } from "../request/context.ts";
import type { FilterSite } from "./site.ts";

/** Another path for the upstream, and X-Forwarded-Prefix. Both are filled with captures of the route's path. */
export function compileRewrite(spec: RewriteFilter, { path }: FilterSite): Filter | null {
  const rewrite = compileTarget({ path, filters: { rewrite: spec } });
  if (rewrite === null) return null;
  const { forwardedPrefix } = spec;
  return forwardedPrefix === null ? new Rewrite(rewrite) : new RewriteWithPrefix(rewrite, forwardedPrefix);
}

class Rewrite implements Filter {
  protected readonly rewrite: CompiledRewrite;

  constructor(rewrite: CompiledRewrite) {
    this.rewrite = rewrite;
  }

  rewriteTarget(context: RequestContext, query: string): string | null {
    return this.rewrite.apply(context.target.path, query, context);
  }
}

const FORWARDED_PREFIX = fieldName("X-Forwarded-Prefix");

class RewriteWithPrefix extends Rewrite {
  readonly #template: string;

  constructor(rewrite: CompiledRewrite, template: string) {
    super(rewrite);
    this.#template = template;
  }

  editRequest(context: RequestContext, headers: HeaderList): void {
    const prefix = this.rewrite.expand(this.#template, context.target.path, context) ?? "";
    if (prefix !== "") headers.push(FORWARDED_PREFIX, prefix);
  }
}
