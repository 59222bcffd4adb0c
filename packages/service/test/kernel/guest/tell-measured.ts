import type { TestContext } from 'node:test';

/** What tells these lines from the diagnostics of Node's test runner. */
export const mark = 'measured: ';

/** Shows a number with the test that it was measured in: an emulated machine is too slow to hold it to a limit. */
export function tellMeasured(context: TestContext, text: string): void {
  context.diagnostic(mark + text);
}
