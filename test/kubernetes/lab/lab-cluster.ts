import { rmSync } from "node:fs";
import { join } from "node:path";
import { LabApi } from "./api.ts";
import { ControlPlane } from "./control-plane.ts";
import { FakeKubelet } from "./kubelet/kubelet.ts";
import { Services } from "./services.ts";

/** What runs in the lab: a control plane, the kubelet of its nodes, and what leads to Services. All its state is in `folder`. */
export class LabCluster {
  readonly plane: ControlPlane;
  readonly #folder: string;
  #api: LabApi;
  #kubelet: FakeKubelet;
  #services: Services;
  #isFresh = true;

  constructor(folder: string) {
    this.#folder = folder;
    this.plane = new ControlPlane(folder);
    this.#api = new LabApi(this.plane.adminKubeconfig);
    this.#kubelet = this.#openKubelet();
    this.#services = new Services(this.#api);
  }

  get kubelet(): FakeKubelet {
    return this.#kubelet;
  }

  get services(): Services {
    return this.#services;
  }

  /** Resolves when pods can be made. */
  async start(): Promise<void> {
    await this.plane.start();
    await this.#kubelet.start();
    this.#services.start();
  }

  async stop(): Promise<void> {
    this.#services.stop();
    await this.#kubelet.stop();
    this.#api.close();
    await this.plane.stop();
  }

  /**
   * A cluster in which nothing was ever made: what one file of stories leaves behind (a role, a class, a namespace that still ends) can
   * never be what another one fails from. Keys and addresses of the control plane stay; its first authority is back. The first call finds it so.
   */
  async reset(): Promise<void> {
    if (!this.#isFresh) {
      await this.stop();
      this.plane.restoreAuthority();
      for (const name of ["etcd", "pods"]) rmSync(join(this.#folder, name), { recursive: true, force: true });
      this.#api = new LabApi(this.plane.adminKubeconfig);
      this.#kubelet = this.#openKubelet();
      this.#services = new Services(this.#api);
      await this.start();
    }
    this.#isFresh = false;
  }

  #openKubelet(): FakeKubelet {
    return new FakeKubelet(this.#api, { folder: join(this.#folder, "pods"), signingKey: this.plane.signingKey });
  }
}
