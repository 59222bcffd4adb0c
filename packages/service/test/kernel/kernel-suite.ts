import { fileURLToPath } from 'node:url';
import { afterAll, describe, it } from 'vitest';
import { bootGuest, type Story, type StoryResult } from './rig/boot-guest.ts';
import { bundleService } from './rig/bundle-service.ts';
import { findIngredients, type Ingredients } from './rig/find-ingredients.ts';
import { storyList } from './rig/story-list.ts';

/** Stories that are told, `CYBORG_TEST_KERNEL_STORIES=sriov,hotplug`; all without it. */
const wanted = process.env.CYBORG_TEST_KERNEL_STORIES?.split(',');
const isRequired = process.env.CYBORG_REQUIRE_BACKENDS === '1';

const cache = fileURLToPath(new URL('../../../../node_modules/.cache/kernel', import.meta.url));
const ingredients = await findIngredients(cache);

if (typeof ingredients === 'string') {
  describeLeftOut('a kernel to test with', ingredients);
} else {
  await bundleService();
  const stories = storyList.filter(({ name }) => wanted?.includes(name) ?? true);
  // One machine at a time: each has as many processors as the smallest that this is run on.
  for (const story of stories) {
    const missing = story.needsSamples ? ingredients.withoutSamples : undefined;
    if (missing === undefined) describeStory(story.name, await tell(story, ingredients));
    else describeLeftOut(story.name, missing);
  }
}

async function tell(story: Story, from: Ingredients): Promise<StoryResult> {
  const result = await bootGuest(story, from);
  const tests = result.lines.filter((line) => 'name' in line).length;
  console.log(`${story.name}: ${tests} tests in ${(result.wallMs / 1000).toFixed(1)} s`);
  for (const line of result.lines) if ('measured' in line) console.log(`  ${line.measured}`);
  return result;
}

function describeLeftOut(name: string, why: string): void {
  it.skipIf(!isRequired)(`${name} (left out: ${why})`, () => {
    throw new Error(why);
  });
}

function describeStory(name: string, { lines, broken, console: said, wallMs }: StoryResult): void {
  describe(`${name}, in a guest of ${(wallMs / 1000).toFixed(1)} s`, () => {
    let hasFailed = false;
    for (const line of lines) {
      if (!('name' in line)) continue;
      const { name: test, ms, skipped, failure } = line;
      it.skipIf(skipped !== undefined && !isRequired)(`${test} (${skipped ?? `${ms} ms`})`, () => {
        hasFailed ||= failure !== undefined || skipped !== undefined;
        if (failure !== undefined) throw new Error(failure);
        if (skipped !== undefined) throw new Error(`left out: ${skipped}`);
      });
    }
    it('comes to its end', () => {
      hasFailed ||= broken !== undefined;
      if (broken !== undefined) throw new Error(broken);
    });
    afterAll(() => {
      if (hasFailed)
        console.log(`The last that the guest of ${name} said:\n${said.split('\n').slice(-60).join('\n')}`);
    });
  });
}
