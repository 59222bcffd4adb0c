import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';
import type { StoryLine } from '../rig/story-line.ts';
import { mark } from './tell-measured.ts';

/** Node's test reporter for stories: each test as one line of JSON as soon as it has ended, and a last line. */
export default async function* reportStory(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    if (type === 'test:diagnostic' && data.message.startsWith(mark))
      yield line({ measured: data.message.slice(mark.length) });
    if (type === 'test:pass' || type === 'test:fail') {
      const { name, skip, details } = data;
      if (details.type === 'suite') continue;
      yield line({
        name,
        ms: Math.round(details.duration_ms),
        ...(skip === undefined ? {} : { skipped: typeof skip === 'string' ? skip : 'no reason given' }),
        ...(type === 'test:fail' ? { failure: describeFailure(data.details.error) } : {}),
      });
    }
  }
  yield line({ ended: true });
}

const line = (story: StoryLine): string => `${JSON.stringify(story)}\n`;

function describeFailure(error: Error): string {
  return inspect(error.cause ?? error, { depth: 6 });
}
