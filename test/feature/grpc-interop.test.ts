import { once } from "node:events";
import {
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { describe, expect, test, vi } from "vitest";
import { failureOf, GrpcJsClient, GrpcJsServer } from "../support/servers/grpc-js.ts";
import { ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";

vi.setConfig({ testTimeout: 30_000 });

type Security = "plain" | "tls";

const add: handleUnaryCall<string, string> = (call, answer) => {
  if (call.request === "nothing") {
    answer({ code: status.NOT_FOUND, details: "no such thing: Äpfel", metadata: metadataOf({ "x-cost": "3" }) });
    return;
  }
  call.sendMetadata(metadataOf({ "x-seen": String(call.metadata.get("x-token")[0]) }));
  answer(null, call.request.toUpperCase(), metadataOf({ "x-cost": "7", "x-raw-bin": Buffer.from([0, 255, 10]) }));
};

const list: handleServerStreamingCall<string, string> = (call) => {
  for (let i = 0; i < 200; i++) call.write(`${call.request}${i}`);
  call.end(metadataOf({ "x-cost": "200" }));
};

const sum: handleClientStreamingCall<string, string> = (call, answer) => {
  let bytes = 0;
  call.on("data", (item: string) => (bytes += item.length));
  call.on("end", () => answer(null, String(bytes)));
};

const chat: handleBidiStreamingCall<string, string> = (call) => {
  call.on("data", (item: string) => call.write(`you said ${item}`));
  call.on("end", () => call.end());
};

function metadataOf(fields: Readonly<Record<string, string | Buffer>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(fields)) metadata.set(name, value);
  return metadata;
}

/** A client and a server that others wrote, with the proxy between them. */
async function open(client: Security, server: Security, service: UntypedServiceImplementation) {
  const backend = await GrpcJsServer.open({ add, list, sum, chat, ...service }, server);
  const route = buildRoute("x", "prefix", "/", { protocol: server === "tls" ? "grpcs" : "grpc" });
  const fixture = await ProxyFixture.open({
    hosts: [buildHost("shop.example", [route])],
    endpoints: { "test-x-80": [backend.address] },
  });
  const { http, https } = fixture.proxy.ports;
  const caller = new GrpcJsClient(client === "tls" ? https : http, client);
  return {
    client: caller,
    fixture,
    async [Symbol.asyncDispose]() {
      caller[Symbol.dispose]();
      await fixture[Symbol.asyncDispose]();
      await backend[Symbol.asyncDispose]();
    },
  };
}

describe.each([
  ["plain", "plain"],
  ["plain", "tls"],
  ["tls", "plain"],
  ["tls", "tls"],
] as const)("grpc-js over %s to a grpc-js server over %s", (from, to) => {
  test("a unary call with metadata in both directions", async () => {
    await using stage = await open(from, to, {});
    const { answer, head, trailers } = await stage.client.add("milk", metadataOf({ "x-token": "secret" }));
    expect(answer).toBe("MILK");
    expect(head.get("x-seen")).toEqual(["secret"]);
    expect(trailers.get("x-cost")).toEqual(["7"]);
    expect(trailers.get("x-raw-bin")).toEqual([Buffer.from([0, 255, 10])]);
  });

  test("a server stream comes whole and in order", async () => {
    await using stage = await open(from, to, {});
    const call = stage.client.list("item ");
    const ended = once(call, "status");
    const items = (await call.toArray()) as string[];
    expect(items).toEqual(Array.from({ length: 200 }, (_, i) => `item ${i}`));
    expect(await ended).toMatchObject([{ code: status.OK }]);
  });

  test("a client stream is counted to its end", async () => {
    await using stage = await open(from, to, {});
    expect(await stage.client.sum(Array.from({ length: 50 }, () => "x".repeat(10_000)))).toBe("500000");
  });

  test("both sides of a bidirectional stream take turns", async () => {
    await using stage = await open(from, to, {});
    const call = stage.client.chat();
    for (const word of ["one", "two", "three"]) {
      call.write(word);
      expect(await once(call, "data")).toEqual([`you said ${word}`]);
    }
    const ended = once(call, "status");
    call.end();
    call.resume();
    expect(await ended).toMatchObject([{ code: status.OK }]);
  });

  test("an error without a message keeps code, text and metadata", async () => {
    await using stage = await open(from, to, {});
    const failure = await failureOf(stage.client.add("nothing"));
    expect(failure).toMatchObject({ code: status.NOT_FOUND, details: "no such thing: Äpfel" });
    expect(failure.metadata.get("x-cost")).toEqual(["3"]);
  });

  test("a deadline that passes ends the call on both sides", async () => {
    const cancelled = Promise.withResolvers<number>();
    const never: handleUnaryCall<string, string> = (call) =>
      void call.on("cancelled", () => cancelled.resolve(Number(call.getDeadline())));
    await using stage = await open(from, to, { add: never });
    const deadlineMs = Date.now() + 1000;
    const failure = await failureOf(stage.client.add("milk", new Metadata(), 1000));
    expect(failure.code).toBe(status.DEADLINE_EXCEEDED);
    // The server was told of the deadline, not just cancelled.
    expect((await cancelled.promise) - deadlineMs).toBeLessThan(5000);
  });

  test("a cancelled stream is cancelled at the server", async () => {
    const cancelled = Promise.withResolvers<void>();
    const endless: handleServerStreamingCall<string, string> = (call) => {
      call.on("cancelled", () => cancelled.resolve());
      call.write("first");
    };
    await using stage = await open(from, to, { list: endless });
    const call = stage.client.list("item");
    await once(call, "data");
    const failed = once(call, "error");
    call.cancel();
    expect(await failed).toMatchObject([{ code: status.CANCELLED }]);
    await cancelled.promise;
  });

  test("a hundred calls at once get their own answers", async () => {
    await using stage = await open(from, to, {});
    const names = Array.from({ length: 100 }, (_, i) => `item ${i}`);
    const answers = await Promise.all(names.map((name) => stage.client.add(name, metadataOf({ "x-token": name }))));
    expect(answers.map(({ answer }) => answer)).toEqual(names.map((name) => name.toUpperCase()));
    expect(answers.map(({ head }) => head.get("x-seen")[0])).toEqual(names);
  });
});

test("a server that went away is UNAVAILABLE, with the proxy's status", async () => {
  await using backend = await GrpcJsServer.open({ add, list, sum, chat }, "plain");
  await backend[Symbol.asyncDispose]();
  await using stage = await open("plain", "plain", {});
  stage.fixture.apply({ endpoints: { "test-x-80": [backend.address] } });
  const failure = await failureOf(stage.client.add("milk"));
  expect(failure.code).toBe(status.UNAVAILABLE);
});
