import type { PeerStatus } from '@cyborgjs/core';

/** Another service that this one needs. */
export interface Peer {
  readonly name: PeerStatus['name'];
  /** Where it is, for people; never with a password. */
  readonly address: string;
  /** Resolves with what was found, for people; throws what keeps us from using it. */
  check(signal: AbortSignal): Promise<string>;
}

/** Asks a peer whether it can be used now. */
export async function askPeer({ name, address, check }: Peer, patienceMs: number): Promise<PeerStatus> {
  try {
    const found = await check(AbortSignal.timeout(patienceMs));
    return { name, address, usable: true, found };
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return { name, address, usable: false, found };
  }
}
