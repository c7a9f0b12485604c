import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** The stories on a real control plane: one after the other, inside its network (`npm run test:kubernetes`). */
export default defineConfig({
  root: join(import.meta.dirname, "../.."),
  test: {
    include: ["test/kubernetes/stories/**/*.test.ts"],
    setupFiles: ["test/kubernetes/fresh-cluster.ts"],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    pool: "forks",
    fileParallelism: false,
    dangerouslyIgnoreUnhandledErrors: false,
  },
});
