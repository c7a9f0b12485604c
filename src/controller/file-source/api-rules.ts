import type { Ingress } from "../../kubernetes/objects.ts";
import type { ParsedObject } from "../../kubernetes/parse-object.ts";
import type { FieldError } from "../../lib/field-error.ts";

/** What the API server asks for beyond what the parser needs: an object without it could never come from a cluster. */
export function withApiRules(parsed: ParsedObject): ParsedObject {
  const missing = parsed.object?.kind === "Ingress" ? pathsWithoutType(parsed.object) : [];
  if (missing.length === 0 || parsed.object?.kind !== "Ingress") return parsed;
  const closed = { ...parsed.object, refused: "the API server would refuse the object" };
  return { ...parsed, object: null, closed, errors: [...parsed.errors, ...missing] };
}

const REGEX_SYNTAX = /[\\^$|?*+()[\]{}]/;

function pathsWithoutType({ spec }: Ingress): readonly FieldError[] {
  return spec.rules.flatMap((rule, index) =>
    (rule.paths ?? []).flatMap(({ path, pathType, position }, pathIndex) => {
      if (pathType !== null) return [];
      const field = `spec.rules[${rule.position ?? index}].http.paths[${position ?? pathIndex}].pathType`;
      const wanted = REGEX_SYNTAX.test(path)
        ? "pathType: ImplementationSpecific, since the path is a regex"
        : "pathType: Prefix, or Exact";
      return [{ field, value: "", message: `missing, and the API server would refuse the object: write ${wanted}` }];
    }),
  );
}
