import {
  findRealPlacement,
  type LaunchedPlacement,
  launchPlacement,
} from '../../packages/placement-client/src/testing/real-placement.ts';

/** Where and how Placement shall run. */
interface PlacementPeerOptions {
  /** For configuration, database and log; made when missing. */
  readonly dir: string;
  /** Default: any free one. */
  readonly port?: number;
  /** Whether it outlives this process. Default false. */
  readonly detached?: boolean;
}

/**
 * Starts Debian's Placement on loopback, with SQLite and without Keystone, and waits until it answers.
 *
 * @throws Error that names the packages when they are not installed
 */
export async function startPlacement(options: PlacementPeerOptions): Promise<LaunchedPlacement> {
  if ((await findRealPlacement({})) === undefined)
    throw new Error(
      'Placement is not installed; try: apt-get install python3-placement uwsgi-core uwsgi-plugin-python3',
    );
  return launchPlacement(options);
}
