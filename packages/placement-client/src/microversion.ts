/** A Placement microversion, `1.39`. */
export type Microversion = `${number}.${number}`;

/** The version asked for when nothing else is said: the newest that this client knows. */
export const newestMicroversion: Microversion = '1.39';

/** The oldest version that is settled for: consumer generations came with it. An older one must be asked for. */
export const oldestMicroversion: Microversion = '1.28';

/** Below 0 when `left` is older than `right`, 0 when they are the same. */
export function compareMicroversions(left: Microversion, right: Microversion): number {
  const [leftMajor = 0, leftMinor = 0] = left.split('.').map(Number);
  const [rightMajor = 0, rightMinor = 0] = right.split('.').map(Number);
  return leftMajor - rightMajor || leftMinor - rightMinor;
}

/** Whether a text is a microversion. */
export function isMicroversion(text: unknown): text is Microversion {
  return typeof text === 'string' && /^\d+\.\d+$/.test(text);
}

/** A feature and the version that it came with. */
export interface NeededVersion {
  readonly version: Microversion;
  readonly what: string;
}

/** The newest of several features. */
export function newestNeeded(needs: readonly NeededVersion[]): NeededVersion {
  return needs.reduce((left, right) =>
    compareMicroversions(left.version, right.version) < 0 ? right : left,
  );
}
