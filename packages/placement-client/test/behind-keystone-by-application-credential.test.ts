import { expect, it } from 'vitest';
import { keystonePeer } from './keystone-peers.ts';
import { runBehaviourSuite } from './run-behaviour-suite.ts';

// Tokens end again and again in the course of the suite, and are renewed in time.
const peer = keystonePeer({ credential: 'application credential', tokenLifetimeS: 10, tokenCacheS: 300 });
const suites = await runBehaviourSuite(peer);

it('runs all suites behind Keystone by application credential', () => {
  expect(suites).toBeGreaterThanOrEqual(21);
});
