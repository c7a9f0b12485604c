import { describe, expect, test } from "vitest";
import { absoluteLocation, encodeLocation, relativeLocation } from "../../../src/proxy/answers/location.ts";

describe("Location values", () => {
  test("PT-16 a target that begins with // stays behind the host", () => {
    expect(absoluteLocation("https", "shop.example", "//evil.example/%2f..")).toBe(
      "https://shop.example//evil.example/%2f..",
    );
  });

  test.each([
    ["//evil.example", "/evil.example"],
    ["/\\evil.example", "/evil.example"],
    ["\\\\evil.example", "/evil.example"],
    ["app", "/app"],
    ["/app", "/app"],
  ])("PT-16 the relative reference %s becomes %s", (path, location) => {
    expect(relativeLocation(path)).toBe(location);
  });

  test("PT-13 what cannot stand in a URI is percent-encoded, escapes stay as they are", () => {
    expect(encodeLocation('/a b"<>\\^`{|}\r\n/é/%2F?x=1')).toBe(
      "/a%20b%22%3C%3E%5C%5E%60%7B%7C%7D%0D%0A/%C3%A9/%2F?x=1",
    );
  });

  test("encoding twice changes nothing", () => {
    const once = encodeLocation("/ä ö");
    expect(encodeLocation(once)).toBe(once);
  });
});
