import type { FakeObject } from "./object-log.ts";

export type ObjectTest = (object: FakeObject) => boolean;

/** `metadata.name=web,type!=helm.sh/release.v1,involvedObject.kind=Ingress`: any field by its path. */
export function fieldTest(selector: string): ObjectTest {
  return allOf(selector, (path, object) => {
    let value: unknown = object;
    for (const step of path.split(".")) value = isRecord(value) ? value[step] : undefined;
    return typeof value === "string" ? value : "";
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** `team=shop,!legacy,env!=prod`: equality and existence. */
export function labelTest(selector: string): ObjectTest {
  return allOf(selector, (name, object) => object.metadata.labels?.[name]);
}

type Lookup = (name: string, object: FakeObject) => string | undefined;

function allOf(selector: string, lookup: Lookup): ObjectTest {
  const tests = selector === "" ? [] : selector.split(",").map((term) => termTest(term.trim(), lookup));
  return (object) => tests.every((test) => test(object));
}

function termTest(term: string, lookup: Lookup): ObjectTest {
  const [, negated = "", name = "", operator = "", value = ""] = /^(!?)([^=!]+)(==|=|!=|)(.*)$/.exec(term) ?? [];
  if (operator === "") return (object) => (lookup(name, object) === undefined) === (negated === "!");
  return (object) => (lookup(name, object) === value) === (operator !== "!=");
}
