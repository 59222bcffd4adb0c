import { describe, expect, it } from 'vitest';
import { humanTime, momentAndAge } from './human-time.ts';

const now = Date.parse('2025-11-22T10:00:00Z');

describe('the time as people say it', () => {
  it.each([
    ['2025-11-22T10:00:00Z', 'just now'],
    ['2025-11-22T09:59:48Z', '12 s ago'],
    ['2025-11-22T09:59:00Z', '1 min ago'],
    ['2025-11-22T07:00:00Z', '3 h ago'],
    ['2025-11-20T10:00:00Z', '2 days ago'],
    ['2025-01-01T10:00:00Z', '2025-01-01'],
    ['2025-11-22T10:05:00Z', 'in 5 min'],
    [null, 'never'],
  ])('reads %s as "%s"', (iso, text) => {
    expect(humanTime(iso, now)).toBe(text);
  });

  it('keeps the exact moment beside the age where there is room', () => {
    expect(momentAndAge('2025-11-22T09:57:00Z', now)).toBe('2025-11-22T09:57:00Z (3 min ago)');
  });
});
