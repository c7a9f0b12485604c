import { createServer, type IncomingMessage, type Server } from "node:http";
import { LAB } from "./addresses.ts";
import { LabCluster } from "./lab-cluster.ts";

/**
 * `node test/kubernetes/lab/lab.ts FOLDER`, inside the lab's network namespace: runs the cluster until SIGTERM, and takes orders on a port of
 * its own. Says `ready` when pods can be made.
 */
async function main(folder: string): Promise<void> {
  const cluster = new LabCluster(folder);
  await cluster.start();
  const control = takeOrders(cluster);
  const stop = async (): Promise<void> => {
    control.close();
    await cluster.stop();
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void stop());
  process.stdout.write("ready\n");
}

type Order = (cluster: LabCluster, args: readonly string[]) => Promise<void> | void;

/** What a test may do to the control plane and to pods, by POST: the path is the order, the body its arguments, one a line. */
const ORDERS: Readonly<Record<string, Order>> = {
  "/cluster/reset": (cluster) => cluster.reset(),
  "/apiserver/start": ({ plane }, flags) => plane.startApiserver(...flags),
  "/apiserver/stop": ({ plane }) => plane.apiserver.end("SIGTERM", 60_000),
  "/apiserver/kill": ({ plane }) => plane.apiserver.end("SIGKILL", 1_000),
  "/apiserver/pause": ({ plane }) => plane.apiserver.signal("SIGSTOP"),
  "/apiserver/resume": ({ plane }) => plane.apiserver.signal("SIGCONT"),
  "/etcd/compact": ({ plane }) => plane.compact(),
  // The argument is a Service, `namespace/name`.
  "/service/cut": ({ services }, [service = ""]) => services.cut(service),
  "/authority/replace": ({ plane }) => plane.replaceAuthority(),
  // The arguments are a pod, and how many seconds each of its tokens lives from now on.
  "/pod/tokens": ({ kubelet }, [pod = "", seconds]) => kubelet.shortenTokens(pod, Number(seconds)),
  // What a pod's volumes hold stays as it is, until it is followed again.
  "/pod/hold": ({ kubelet }, [pod = ""]) => kubelet.holdVolumes(pod),
  "/pod/release": ({ kubelet }, [pod = ""]) => kubelet.releaseVolumes(pod),
  // The first argument is a pod, `namespace/name`, the second a signal for its processes.
  "/pod/signal": ({ kubelet }, [pod = "", signal]) => kubelet.signal(pod, signal as NodeJS.Signals),
};

function takeOrders(cluster: LabCluster): Server {
  const server = createServer((request, response) => {
    obey(request, cluster).then(
      (known) => response.writeHead(known ? 204 : 404).end(),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen(LAB.controlPort, LAB.server);
  return server;
}

async function obey(request: IncomingMessage, cluster: LabCluster): Promise<boolean> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8") as AsyncIterable<string>) body += chunk;
  const order = ORDERS[request.url ?? ""];
  if (order === undefined) return false;
  const args = body.split("\n").filter((line) => line !== "");
  await order(cluster, args);
  return true;
}

await main(process.argv[2] ?? "");
