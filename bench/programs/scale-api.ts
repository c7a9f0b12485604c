import { FakeApiServer } from "../../test/support/servers/fake-api-server/fake-api-server.ts";
import { secretObject, startObjects } from "../scale/objects.ts";
import type { ApiCommand } from "../scale/cluster.ts";

/** The API server of `bench/scale`, in a process of its own so that it disturbs nobody's measurements; led by messages of its parent. */
const api = await FakeApiServer.open();
process.on("message", (command: ApiCommand) => {
  // What is read is the clock that all processes of a machine share.
  const atNanos = process.hrtime.bigint();
  switch (command.kind) {
    case "fill":
      for (const object of startObjects(command.options)) api.put(object);
      for (const [index, pair] of command.options.certificates.entries()) api.put(secretObject(index, pair));
      break;
    case "put":
      api.put(command.object);
      break;
    case "expire":
      api.log.compact();
      api.watches.breakAll("gone-event");
      break;
    case "delete":
      api.delete(command.objectKind, command.namespace, command.name);
      break;
  }
  process.send?.({ id: command.id, atNanos });
});
process.on("disconnect", () => process.exit(0));
process.send?.({ id: 0, atNanos: 0n, kubeconfig: api.kubeconfig });
