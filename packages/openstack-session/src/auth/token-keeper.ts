import { isOpenStackError } from '../errors/openstack-error.ts';

/** A token and what is known of it. */
export interface KeptToken<Facts> {
  readonly id: string;
  /** How long it is good, in milliseconds from the moment it was asked for. */
  readonly lifetimeMs: number;
  readonly facts: Facts;
}

interface TokenKeeperOptions<Facts> {
  /** Gets a new token; called by one caller at a time. */
  readonly renew: () => Promise<KeptToken<Facts>>;
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
  /** How long before its end a token is renewed. */
  readonly renewBeforeMs: number;
  /** After a renewal that failed, how long the old token is used before the next attempt. */
  readonly renewPauseMs: number;
}

/** Holds one token and renews it in time, whoever asks. */
export interface TokenKeeper<Facts> {
  /** A token that is good; the callers that come while one is being got share it. */
  token(signal: AbortSignal): Promise<KeptToken<Facts>>;
  /** Drops the token of that id; another one is kept. */
  drop(id: string): void;
}

interface Held<Facts> {
  readonly token: KeptToken<Facts>;
  readonly endsAt: number;
  readonly renewAt: number;
}

/**
 * A keeper of one token. While Keystone is away a token is used to its very end: only then does asking for one
 * fail. A caller that gives up leaves the renewal to the others.
 */
export function createTokenKeeper<Facts>(options: TokenKeeperOptions<Facts>): TokenKeeper<Facts> {
  const { renew, now, renewBeforeMs, renewPauseMs } = options;
  let held: Held<Facts> | undefined;
  let underWay: Promise<KeptToken<Facts>> | undefined;
  let pausedUntil = 0;

  async function renewOnce(): Promise<KeptToken<Facts>> {
    const askedAt = now();
    const token = await renew();
    held = hold(token, askedAt + token.lifetimeMs, renewBeforeMs);
    return token;
  }

  function renewShared(): Promise<KeptToken<Facts>> {
    underWay ??= renewOnce().finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  async function renewOrKeep(): Promise<KeptToken<Facts>> {
    const old = held;
    try {
      return await renewShared();
    } catch (error) {
      const isOutage = isOpenStackError(error) && error.kind === 'unavailable';
      if (!isOutage || old !== held || old === undefined || old.endsAt <= now()) throw error;
      pausedUntil = now() + renewPauseMs;
      return old.token;
    }
  }

  return {
    async token(signal) {
      signal.throwIfAborted();
      if (held && now() < Math.max(held.renewAt, Math.min(pausedUntil, held.endsAt))) return held.token;
      return untilAborted(renewOrKeep(), signal);
    },
    drop(id) {
      if (held?.token.id === id) held = undefined;
    },
  };
}

function hold<Facts>(token: KeptToken<Facts>, endsAt: number, renewBeforeMs: number): Held<Facts> {
  // A token shorter-lived than the margin would be renewed for every request.
  return { token, endsAt, renewAt: endsAt - Math.min(renewBeforeMs, token.lifetimeMs / 2) };
}

/** A promise's outcome, or the signal's reason when that fires first; the promise runs on. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
