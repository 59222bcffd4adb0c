import { expect, it } from 'vitest';
import { DriverError, toDriverFailure } from './driver-error.ts';

it('tells all that failed where several steps did, outermost first', () => {
  const cause = new AggregateError(
    [new Error('the group is busy', { cause: new Error('EBUSY') }), new Error('the lock is stuck')],
    'two steps failed',
  );
  expect(toDriverFailure(new DriverError('hardware', 'it is half detached', { cause })).causes).toEqual([
    'two steps failed',
    'the group is busy',
    'EBUSY',
    'the lock is stuck',
  ]);
});

it('ends with a chain that goes round', () => {
  const round = new Error('round');
  round.cause = new AggregateError([round], 'and round');
  expect(toDriverFailure(round).causes).toHaveLength(8);
});
