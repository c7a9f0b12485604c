import { beforeAll } from "vitest";
import { order } from "./cluster.ts";

/** Every file of stories begins in a cluster in which nothing was made yet, whatever ran before it and in whatever order. */
beforeAll(() => order("cluster/reset"));
