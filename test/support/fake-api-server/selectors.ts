import type { FakeObject } from "./object-log.ts";

export type ObjectTest = (object: FakeObject) => boolean;

/** `metadata.name=web,type!=helm.sh/release.v1` over top-level fields and `metadata.*`. */
export function fieldTest(selector: string): ObjectTest {
  return allOf(selector, (name, object) => {
    const metadata = /^metadata\.(name|namespace)$/.exec(name)?.[1];
    const value = metadata === undefined ? object[name] : object.metadata[metadata === "name" ? "name" : "namespace"];
    return typeof value === "string" ? value : "";
  });
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
