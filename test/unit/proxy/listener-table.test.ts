import { describe, expect, test } from "vitest";
import type { LogFields } from "../../../src/lib/logger.ts";
import { ListenerTable } from "../../../src/proxy/listener/listener-table.ts";
import { PublicPorts } from "../../../src/proxy/listener/public-ports.ts";
import { buildListener, buildSocket, LOOPBACK_LISTENERS, LOOPBACK_PLAN } from "../../support/builders/socket-plan.ts";

function openTable(): { table: ListenerTable; ports: PublicPorts; warnings: string[] } {
  const warnings: string[] = [];
  const warn = ({ listener }: LogFields, message: string): void =>
    void warnings.push(`${String(listener)}: ${message}`);
  const logger = { debug: () => {}, info: () => {}, warn, error: () => {} };
  const ports = new PublicPorts();
  const table = new ListenerTable(LOOPBACK_LISTENERS, { logger, publicPorts: ports });
  table.setSockets(LOOPBACK_PLAN.sockets);
  return { table, ports, warnings };
}

const listeners = (...all: readonly ReturnType<typeof buildListener>[]) => ({
  listeners: new Map(all.map((one) => [one.id, one])),
});

describe("the table of listeners", () => {
  test("brings a listener and its socket together, whichever comes first", () => {
    const { table } = openTable();
    const place = table.placeOf("third");
    expect(place.listeners.head).toBe(null);
    table.apply(listeners(buildListener("third")));
    expect(place.listeners.head).toBe(null);
    table.setSockets([...LOOPBACK_PLAN.sockets, buildSocket("third", { declaredPort: 8000 })]);
    expect([place.listeners.only?.id, place.listeners.only?.declaredPort]).toEqual(["third", "8000"]);
  });

  test("refuses, once in the log, what cannot stand beside what is there already", () => {
    const { table, warnings } = openTable();
    const tls = buildListener("z-tls", { socket: "http", traffic: "https", host: "a.test" });
    const twice = buildListener("z-twice", { socket: "http" });
    table.apply(listeners(tls, twice));
    table.apply(listeners(buildListener("other", { socket: "http", host: "b.test" })));
    expect(warnings).toEqual([
      "z-tls: a listener is not served: its socket has a listener for http already",
      "z-twice: a listener is not served: its socket has a listener for this host already",
    ]);
    expect(table.placeOf("http").listeners.find("a.test")?.id).toBe("http");
  });

  test("knows the ports by which clients reach the Ingresses, whatever else is listened for", () => {
    const { table, ports } = openTable();
    table.apply(listeners(buildListener("a", { socket: "third", traffic: "https", table: "other" })));
    const sockets = LOOPBACK_PLAN.sockets.map((socket) => ({ ...socket, declaredPort: socket.declaredPort + 8000 }));
    table.setSockets([buildSocket("third", { declaredPort: 9 }), ...sockets]);
    expect([ports.http, ports.https]).toEqual(["8080", "8443"]);
  });
});
