import { expect, it } from 'vitest';
import { describeWithPlacement } from '../../test/placement-peers.ts';
import { standardResourceClasses, standardTraits } from './double/standard-names.ts';

const standard = (names: readonly string[]) => names.filter((name) => !name.startsWith('CUSTOM_')).toSorted();

describeWithPlacement('standard names', (bench) => {
  it('are all there from the beginning', async () => {
    expect(standard(await bench.placement.traits.list())).toEqual(standardTraits.toSorted());
    expect(standard(await bench.placement.resourceClasses.list())).toEqual(
      standardResourceClasses.toSorted(),
    );
  });
});
