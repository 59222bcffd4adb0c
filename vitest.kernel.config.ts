import { defineConfig } from 'vitest/config';

/** The suite against a real kernel, `npm run test:kernel`: machines are booted while the tests are collected. */
export default defineConfig({
  test: { include: ['packages/service/test/kernel/kernel-suite.ts'], passWithNoTests: false },
});
