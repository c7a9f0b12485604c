import { describe, expect, it } from "vitest";
import { schemaProblems } from "../support/oracles/kubernetes-schema.ts";
import { restrictedProblems } from "../support/oracles/pod-security.ts";

describe("the check of rendered objects", () => {
  it("names unknown fields and wrong types by their path", () => {
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web", annotations: { a: 1 } },
      spec: { typ: "ClusterIP", ports: [{ port: "80", targetPort: 80 }] },
    };
    expect(schemaProblems(service)).toEqual([
      "Service.metadata.annotations.a is 1, not a string",
      "Service.spec.typ is unknown",
      'Service.spec.ports[0].port is "80", not a number',
    ]);
  });

  it("names unknown fields of custom resources and unknown kinds", () => {
    expect(schemaProblems({ kind: "Certificate", metadata: {}, spec: { secret: "x" } })).toEqual([
      "Certificate.spec.secret is unknown",
    ]);
    expect(schemaProblems({ kind: "Nonsense" })).toEqual(["Nonsense: there is no model V1Nonsense"]);
  });
});

describe("the check for the Pod Security Standard restricted", () => {
  it("names everything that a pod without security context may do", () => {
    const pod = { hostNetwork: true, volumes: [{ name: "root", hostPath: {} }], containers: [{ name: "web" }] };
    expect(restrictedProblems(pod)).toEqual([
      "volume root is of type hostPath",
      "hostNetwork",
      "container web may run as root",
      "container web allows privilege escalation",
      "container web has no seccomp profile",
      "container web does not drop all capabilities",
    ]);
  });

  it("takes what the pod says for all its containers", () => {
    const securityContext = { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } };
    const container = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } };
    expect(restrictedProblems({ securityContext, containers: [{ name: "web", securityContext: container }] })).toEqual(
      [],
    );
  });
});
