import type { MigProfile } from '../cards/mig-profiles.ts';
import type { ListedGpu } from './nvidia-gpus.ts';

const line = (width: number): string => `+${'-'.repeat(width)}+\n`;

/** The table of `mig -lgip`: two lines for each profile. */
export function profileTable(
  gpus: readonly ListedGpu[],
  profilesOf: (gpu: ListedGpu) => readonly MigProfile[],
  freeOf: (gpu: ListedGpu, profile: MigProfile) => readonly [free: number, total: number],
): string {
  const rows = gpus.flatMap((gpu) =>
    profilesOf(gpu).map((profile) => {
      const { id, name, memoryGiB, multiprocessors } = profile;
      const free = freeOf(gpu, profile).join('/');
      const first = `|   ${gpu.index}  MIG ${name.padEnd(12)} ${`${id}`.padStart(4)}     ${free.padEnd(7)} ${memoryGiB.toFixed(2).padStart(8)}      No    ${`${multiprocessors}`.padStart(3)}     ${name[0]}     0   |\n`;
      return `${first}|                                                             ${name[0]}     ${name[0]}     0   |\n${line(77)}`;
    }),
  );
  const head = [
    '| GPU instance profiles:                                                      |\n',
    '| GPU   Name             ID    Instances   Memory     P2P    SM    DEC   ENC  |\n',
    '|                              Free/Total   GiB              CE    JPEG  OFA  |\n',
    `|${'='.repeat(77)}|\n`,
  ];
  return `${line(77)}${head.join('')}${rows.join('')}`;
}

/** The table of `mig -lgi`. */
export function instanceTable(gpus: readonly ListedGpu[]): string {
  const rows = gpus.flatMap(({ index, card }) =>
    card.slices
      .toSorted((left, right) => left.id - right.id)
      .map(
        ({ id, profile, profileId, start, size }) =>
          `|   ${index}  MIG ${profile.padEnd(13)} ${`${profileId}`.padStart(4)}       ${`${id}`.padStart(2)}         ${`${start}:${size}`.padStart(4)}     |\n${line(55)}`,
      ),
  );
  const head = [
    '| GPU instances:                                        |\n',
    '| GPU   Name             Profile  Instance   Placement  |\n',
    '|                          ID       ID       Start:Size |\n',
    `|${'='.repeat(55)}|\n`,
  ];
  return `${line(55)}${head.join('')}${rows.join('')}`;
}
