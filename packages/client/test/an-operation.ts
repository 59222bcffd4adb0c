import { Operation } from '@cyborgjs/core';
import type { z } from 'zod';

/** An installation that is 42 % done; an `endedAt` is filled in for a state that is an end. */
export function anOperation(facts: Partial<z.input<typeof Operation>> = {}): Operation {
  const ended = facts.state !== undefined && facts.state !== 'pending' && facts.state !== 'running';
  return Operation.parse({
    id: 'aaaa0000-0000-4000-8000-000000000001',
    verb: 'install',
    state: 'running',
    host: 'node-1',
    deviceId: '3f2a91c0-0000-4000-8000-000000000001',
    progress: 0.42,
    note: 'making virtual functions',
    attempts: 1,
    error: null,
    requestedBy: 'operator',
    createdAt: '2025-11-22T09:57:00Z',
    updatedAt: null,
    endedAt: ended ? '2025-11-22T09:59:00Z' : null,
    deadlineAt: '2025-11-22T10:27:00Z',
    ...facts,
  } satisfies z.input<typeof Operation>);
}
