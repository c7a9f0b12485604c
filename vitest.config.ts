import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // On a real control plane: `npm run test:kubernetes`.
    exclude: ["test/kubernetes/**"],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    pool: "forks",
    // A test that leaves a rejected promise behind is a failed test.
    dangerouslyIgnoreUnhandledErrors: false,
  },
});
