/**
 * Addresses inside the lab's network namespace. Whole ranges are on its loopback, so that every address of them is local; pods have
 * namespaces of their own on a bridge. A real API server refuses loopback addresses in EndpointSlices.
 */
export const LAB = {
  /** Of the control plane. */
  server: "10.77.0.1",
  serverRange: "10.77.0.0/16",
  /** Cluster addresses of Services. */
  serviceRange: "10.78.0.0/16",
  kubernetesService: "10.78.0.1",
  /** What a cloud's load balancers would have. */
  balancerPrefix: "10.79.0.",
  balancerRange: "10.79.0.0/16",
  bridge: "lab80",
  bridgeAddress: "10.80.0.1",
  podPrefix: "10.80",
  apiPort: 6443,
  controlPort: 7080,
} as const;

/** Nodes by name; they are all this machine. A pod on the network of its node has a namespace of its own with the node's address. */
export const NODES = [
  { name: "node-a", address: "10.80.255.1" },
  { name: "node-b", address: "10.80.255.2" },
] as const;
