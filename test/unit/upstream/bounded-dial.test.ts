import { expect, test } from "vitest";
import { createDescriptorCells, DescriptorQuota } from "../../../src/lib/descriptor-quota.ts";
import { sendRequest } from "../../../src/upstream/upstream.ts";
import type { UpstreamRuntime, UpstreamRequest } from "../../../src/upstream/upstream.ts";
import {
  buildHead,
  buildPlan,
  type FakeConnection,
  FakeWire,
  RecordingUpstreamHandler,
} from "../../support/servers/upstream-fakes.ts";

/** A table that may hold so many connections to endpoints. */
function open(limit: number): FakeWire {
  const shares = { clients: 0, endpoints: limit, threads: 1 };
  const memory = { shares, all: createDescriptorCells(), own: createDescriptorCells() };
  return new FakeWire({ descriptors: { quota: new DescriptorQuota(memory, "endpoints"), idleLimit: limit } });
}

function ask(upstream: UpstreamRuntime): {
  readonly request: UpstreamRequest;
  readonly handler: RecordingUpstreamHandler;
} {
  const handler = new RecordingUpstreamHandler();
  const request = sendRequest(buildPlan(upstream), buildHead(), handler);
  request.end(null);
  return { request, handler };
}

function respond(connection: FakeConnection): void {
  connection.streams.at(-1)?.respond();
}

test("beyond the share a request is 502 without a dial, once, and its endpoint is as good as before", async () => {
  using wire = open(1);
  const upstream = wire.publish(["10.0.0.1:80", "10.0.0.2:80"]);
  ask(upstream);
  wire.dialing.connect();
  for (let i = 0; i < 20; i++) {
    const { handler, request } = ask(upstream);
    await handler.done;
    expect(handler.failure).toEqual({ status: 502, code: "no-descriptors", responseStarted: false });
    expect(request.attempts).toHaveLength(1);
  }
  expect(wire.dialed).toHaveLength(1);
  expect(new Set([upstream.pick([])?.id, upstream.pick([])?.id]).size).toBe(2);
});

test("an idle connection makes room", () => {
  using wire = open(1);
  const first = wire.publish(["10.0.0.1:80"]);
  ask(first);
  const idle = wire.dialing.connect();
  respond(idle);
  const second = wire.publish(["10.0.0.2:80"]);
  const { handler } = ask(second);
  expect(idle.destroyed).toBe(true);
  respond(wire.dialing.connect());
  expect(handler.status).toBe(200);
});

test.each<[string, (wire: FakeWire, request: UpstreamRequest) => void]>([
  ["closed", (wire) => wire.dialing.connect().destroy()],
  ["broken", (wire) => wire.dialing.connect().streams[0]?.fail("read-timeout")],
  ["refused", (wire) => wire.dialing.refuse("aborted")],
  ["given up", (_wire, request) => request.abort()],
])("a connection that is %s gives its descriptor back", (_name, end) => {
  using wire = open(1);
  const upstream = wire.publish(["10.0.0.1:80"]);
  for (let i = 0; i < 5; i++) {
    const { request } = ask(upstream);
    expect(wire.dialed).toHaveLength(i + 1);
    end(wire, request);
    request.abort();
  }
});
