/**
 * Before all tests: gives the databases of this run a name in common. After them: removes those that are left, the
 * spare ones and those of tests that did not come to their end.
 */
export default function setup(): () => Promise<void> {
  process.env.CYBORG_TEST_RUN = process.pid.toString(36);
  return async () => {
    const { dropTestDatabases } = await import('./test-databases.ts');
    await dropTestDatabases();
  };
}
