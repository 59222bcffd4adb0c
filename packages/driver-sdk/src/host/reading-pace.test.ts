import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { until } from '../../test/host-bench.ts';
import { ReadingPace } from './reading-pace.ts';

describe('reading at a pace', () => {
  it('pauses when the budget of the second is spent, and goes on in a later one', async () => {
    const stream = new PassThrough();
    let taken = 0;
    const pace = new ReadingPace(stream, 10);
    stream.on('data', (chunk: Buffer) => {
      taken += chunk.length;
      pace.spend(chunk.length);
    });
    stream.write('12345');
    stream.write('1234567');
    stream.write('late');
    await until(() => stream.isPaused());
    expect(taken).toBe(12);
    await until(() => taken === 16);
    stream.destroy();
  });
});
