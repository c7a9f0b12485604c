import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { acceptsGzip, chooseMetricsFormat } from "../../../src/admin/negotiation.ts";

const OPEN = "application/openmetrics-text";

describe("the format of a scrape", () => {
  test.each([
    [undefined, "text"],
    ["", "text"],
    ["*/*", "text"],
    ["text/plain", "text"],
    [OPEN, "openmetrics"],
    [
      `${OPEN};version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.2`,
      "openmetrics",
    ],
    [`${OPEN}; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1`, "openmetrics"],
    [`${OPEN}; version="1.0.0"`, "openmetrics"],
    [`${OPEN}; version=2.0.0`, "text"],
    [`${OPEN};q=0`, "text"],
    [`${OPEN};q=0.2,text/plain;q=0.9`, "text"],
    [`${OPEN};q=high`, "text"],
  ])("of a scraper that accepts %s is %s", (accept, format) => {
    expect(chooseMetricsFormat(accept)).toBe(format);
  });

  test("is one of the two, whatever a scraper sends", () => {
    const part = fc.constantFrom(OPEN, "text/plain", "*/*", "gzip", ";", ",", "=", "q", "0.5", '"', " ", "version");
    fc.assert(
      fc.property(fc.array(part, { maxLength: 200 }), (parts) => {
        expect(["text", "openmetrics"]).toContain(chooseMetricsFormat(parts.join("")));
        expect(typeof acceptsGzip(parts.join(""))).toBe("boolean");
      }),
    );
  });
});
