import { unsupported } from "../entries/entry.ts";
import { unbuilt } from "../entries/feature.ts";

/** What FastCGI endpoints are told. */
export const FASTCGI = unbuilt(
  unsupported({ group: "Proxying" }, [
    ["fastcgi-index", "medium", "file name", "unset", "Index file of FastCGI."],
    ["fastcgi-params-configmap", "medium", "`[namespace/]name`", "unset", "Parameters of FastCGI."],
  ]),
);
