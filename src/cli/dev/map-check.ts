import type { Service } from "../../kubernetes/objects.ts";
import type { Logger } from "../../lib/logger.ts";
import { nearestName } from "../../lib/nearest-name.ts";
import type { VirtualHost } from "../../model/virtual-host.ts";

/** What `--map` can be about: Services as routes name them, and as the files describe them. */
export interface MapTargets {
  readonly hosts: Iterable<VirtualHost>;
  readonly services: readonly Service[];
}

/** Named at most, where no name is near. */
const NAMED = 5;

/** Says of each `--map` that no route goes through it, once until one does. */
export class MapCheck {
  readonly #mapped: readonly string[];
  readonly #logger: Logger;
  readonly #told = new Set<string>();

  /** `mapped`: as `DevConfig.endpointOverrides` names them, `namespace/service` or `namespace/service:port`. */
  constructor(mapped: readonly string[], logger: Logger) {
    this.#mapped = mapped;
    this.#logger = logger;
  }

  check(targets: MapTargets): void {
    if (this.#mapped.length === 0) return;
    const used = usedServices(targets);
    for (const name of this.#mapped) {
      const complaint = complain(name, used);
      if (complaint === null) this.#told.delete(name);
      else if (!this.#told.has(name)) {
        this.#told.add(name);
        this.#logger.warn({}, `--map ${name}=… has no effect: ${complaint}`);
      }
    }
  }
}

/** By `namespace/service`: every number and name by which `--map` may call the ports that routes use. */
function usedServices({ hosts, services }: MapTargets): ReadonlyMap<string, ReadonlySet<string>> {
  const used = new Map<string, Set<string>>();
  for (const { routes } of hosts) {
    for (const { service, action } of routes) {
      const others = action.kind === "forward" ? action.backends.map((backend) => backend.service) : [];
      for (const { namespace, name, port } of [service, ...others]) {
        if (name === "") continue;
        const key = `${namespace}/${name}`;
        used.set(key, (used.get(key) ?? new Set<string>()).add(port));
      }
    }
  }
  for (const { meta, ports } of services) {
    const names = used.get(`${meta.namespace}/${meta.name}`);
    if (names === undefined) continue;
    for (const { port, name, targetPort } of ports) {
      if ([String(port), name, String(targetPort)].some((one) => one !== "" && names.has(one))) {
        names.add(String(port));
        if (name !== "") names.add(name);
      }
    }
  }
  return used;
}

function complain(mapped: string, used: ReadonlyMap<string, ReadonlySet<string>>): string | null {
  const [service = "", port] = mapped.split(":");
  const ports = used.get(service);
  if (ports !== undefined) {
    if (port === undefined || ports.has(port)) return null;
    return `Ingresses use Service ${service} with the port ${[...ports].filter((name) => name !== "").join(" or ")}`;
  }
  if (used.size === 0) return "no Ingress that is served refers to a Service";
  const nearest = nearestService(service, [...used.keys()]);
  if (nearest !== null) return `no Ingress refers to Service ${service}; did you mean --map ${nearest}=…?`;
  const names = [...used.keys()].toSorted();
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
  return `no Ingress refers to Service ${service}, but to ${names.slice(0, NAMED).join(", ")}${more}`;
}

/** The same name in another namespace comes before one with a slip in it. */
function nearestService(service: string, known: readonly string[]): string | null {
  const name = nameOf(service);
  const elsewhere = known.find((candidate) => nameOf(candidate) === name);
  if (elsewhere !== undefined) return elsewhere;
  const whole = nearestName(service, known);
  if (whole !== null) return whole;
  const near = nearestName(name, known.map(nameOf));
  return known.find((candidate) => nameOf(candidate) === near) ?? null;
}

function nameOf(service: string): string {
  return service.slice(service.indexOf("/") + 1);
}
