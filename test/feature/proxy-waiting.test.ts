import { once } from "node:events";
import { type ClientHttp2Stream, connect } from "node:http2";
import { describe, expect, test } from "vitest";
import { errorAnswer } from "../../src/proxy/answers/answer.ts";
import type { Filter } from "../../src/proxy/request/context.ts";
import { ManualWait } from "../support/builders/manual-wait.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";
import { RawClient } from "../support/clients/raw-client.ts";
import { ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { answerText, RawBackend } from "../support/servers/raw-backend.ts";
import { manyTurns, untilTrue } from "../support/waiting/waiting.ts";

const FORBIDDEN = errorAnswer({ code: "no-route", status: 403 });

/** Requests below `/ask` wait, each for a question of its own. */
class Questions {
  readonly waits: ManualWait[] = [];
  readonly filter: Filter;

  constructor(makeWait = () => new ManualWait()) {
    this.filter = {
      decide: ({ target }) => {
        if (!target.path.startsWith("/ask")) return null;
        const wait = makeWait();
        this.waits.push(wait);
        return wait;
      },
    };
  }

  async nth(index = 0): Promise<ManualWait> {
    await untilTrue(() => this.waits[index] !== undefined);
    return this.waits[index] ?? new ManualWait();
  }
}

async function open(backend: RawBackend, questions: Questions): Promise<ProxyFixture> {
  return await ProxyFixture.open(
    { hosts: [buildHost("_", [buildRoute("x", "prefix", "/")])], endpoints: { "test-x-80": [backend.address] } },
    { filters: [questions.filter] },
  );
}

interface Answered {
  readonly status: number;
  readonly body: string;
}

/** The same request over either protocol; `close` lets the client go. */
interface Client extends Disposable {
  send(path: string, body: string): void;
  answer(): Promise<Answered>;
  close(): void;
}

async function openHttp1({ http }: ProxyFixture): Promise<Client> {
  const client = await RawClient.connect(http);
  return {
    send: (path, body) =>
      client.send(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
    answer: () => client.response("POST"),
    // A FIN alone could be that of a client which still reads.
    close: () => void client.socket.resetAndDestroy(),
    [Symbol.dispose]: () => client[Symbol.dispose](),
  };
}

async function openHttp2({ http }: ProxyFixture): Promise<Client> {
  const session = connect(`http://127.0.0.1:${http.port}`);
  session.on("error", () => {});
  await once(session, "connect");
  let stream: ClientHttp2Stream | null = null;
  return {
    send: (path, body) => {
      stream = session.request({ ":method": "POST", ":path": path, ":authority": "x" }, { endStream: false });
      stream.on("error", () => {});
      stream.end(body);
    },
    answer: async () => {
      if (stream === null) throw new Error("nothing was sent");
      const [headers] = (await once(stream, "response")) as [{ ":status": number }];
      let body = "";
      for await (const chunk of stream) body += String(chunk);
      return { status: headers[":status"], body };
    },
    close: () => stream?.close(8),
    [Symbol.dispose]: () => session.destroy(),
  };
}

describe.each([
  ["HTTP/1.1", openHttp1],
  ["HTTP/2", openHttp2],
])("a decision that waits, over %s", (_protocol, openClient) => {
  test("lets the request pass with its whole body, which nobody has read before", async () => {
    const questions = new Questions();
    await using backend = await RawBackend.open(answerText("done"));
    await using fixture = await open(backend, questions);
    using client = await openClient(fixture);
    client.send("/ask", "the whole body");
    const wait = await questions.nth();
    await manyTurns();
    expect(backend.connections).toBe(0);
    wait.say(null);
    expect(await client.answer()).toMatchObject({ status: 200, body: "done" });
    expect(backend.requests[0]?.body).toBe("the whole body");
  });

  test("answers without asking anybody", async () => {
    const questions = new Questions();
    await using backend = await RawBackend.open(answerText("done"));
    await using fixture = await open(backend, questions);
    using client = await openClient(fixture);
    client.send("/ask", "");
    (await questions.nth()).say(FORBIDDEN);
    expect((await client.answer()).status).toBe(403);
    expect(backend.connections).toBe(0);
  });

  test("is cancelled when the client goes", async () => {
    const questions = new Questions();
    await using backend = await RawBackend.open(answerText("done"));
    await using fixture = await open(backend, questions);
    using client = await openClient(fixture);
    client.send("/ask", "");
    const wait = await questions.nth();
    client.close();
    expect(await fixture.record()).toMatchObject({ status: 499, errorCode: "client-closed" });
    expect(wait.calls).toEqual(["begin", "cancel"]);
  });

  test("is over at its deadline", async () => {
    const questions = new Questions(() => new ManualWait(1));
    await using backend = await RawBackend.open(answerText("done"));
    await using fixture = await open(backend, questions);
    using client = await openClient(fixture);
    client.send("/ask", "");
    expect((await client.answer()).status).toBe(504);
    expect((await questions.nth()).calls).toEqual(["begin", "cancel", "late"]);
  });

  test("that throws costs its request only: others are served, on the same proxy", async () => {
    const questions = new Questions(() => new ManualWait(60_000, ["begin"]));
    await using backend = await RawBackend.open(answerText("done"));
    await using fixture = await open(backend, questions);
    using client = await openClient(fixture);
    client.send("/ask", "");
    expect((await client.answer()).status).toBe(500);
    using other = await openClient(fixture);
    other.send("/else", "");
    expect((await other.answer()).status).toBe(200);
  });

  test("may finish while the proxy drains", async () => {
    const questions = new Questions();
    await using backend = await RawBackend.open(answerText("done"));
    await using fixture = await open(backend, questions);
    using client = await openClient(fixture);
    client.send("/ask", "");
    const wait = await questions.nth();
    const drained = fixture.proxy.drain(60_000);
    await manyTurns();
    expect(wait.calls).toEqual(["begin"]);
    wait.say(null);
    expect(await client.answer()).toMatchObject({ status: 200, body: "done" });
    await drained;
  });

  test("ends with a drain whose time is over", async () => {
    const questions = new Questions();
    await using backend = await RawBackend.open(answerText("done"));
    await using fixture = await open(backend, questions);
    using client = await openClient(fixture);
    client.send("/ask", "");
    const wait = await questions.nth();
    await fixture.proxy.drain(1);
    expect(wait.calls).toEqual(["begin", "cancel"]);
    expect((await fixture.record()).status).toBe(499);
  });
});

test("requests that follow on the same HTTP/1.1 connection come after the one that waits", async () => {
  const questions = new Questions();
  await using backend = await RawBackend.open(({ line, socket }) => {
    const body = line.split(" ")[1] ?? "";
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  });
  await using fixture = await open(backend, questions);
  using client = await RawClient.connect(fixture.http);
  client.send("GET /ask HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n");
  const wait = await questions.nth();
  await manyTurns();
  expect(client.received).toBe("");
  wait.say(null);
  expect((await client.response()).body).toBe("/ask");
  expect((await client.response()).body).toBe("/next");
});
