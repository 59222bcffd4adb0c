import type { ProgramRequest } from '../driver.ts';
import { type Bench, referenceTo } from './bench.ts';
import type { FixtureImage } from './conformance-subject.ts';

/** The request to program the fixture's first device, with its valid image unless another is given. */
export async function programRequest(
  bench: Bench,
  image: FixtureImage | undefined = bench.fixture.images?.valid,
): Promise<ProgramRequest | undefined> {
  const [device] = await bench.inventory();
  if (bench.subject.driver.program === undefined || image === undefined || device === undefined)
    return undefined;
  return { device: referenceTo(device), image: image.image, options: image.options ?? {} };
}
