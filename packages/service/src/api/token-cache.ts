import { hash } from 'node:crypto';

/** What is known about a token. */
interface CachedToken<Facts> {
  readonly facts: Facts;
  /** Until then nobody is asked again; milliseconds on the cache's clock. */
  readonly freshUntil: number;
  /** Until then it may be used while nobody can be asked. */
  readonly usableUntil: number;
}

interface TokenCacheInit<Facts> {
  /** Most tokens that are remembered; those not used for longest go first. */
  readonly maxEntries: number;
  readonly now: () => number;
  /** Asks about a token; throws when nobody can be asked at the moment. */
  readonly ask: (token: string) => Promise<CachedToken<Facts>>;
  /** Whether an error of `ask` says that nobody could be asked, not that something is wrong. */
  readonly isOutage: (error: unknown) => boolean;
  /** After an outage a usable token is not asked about again for this long. */
  readonly outagePauseMs: number;
}

/** Facts about tokens, asked for once and remembered. */
export interface TokenCache<Facts> {
  /** Throws what `ask` throws when the token is not known or its time is over. */
  get(token: string): Promise<Facts>;
}

/**
 * A bounded cache of what is known about tokens: many who ask at once about the same token cause one question. Tokens
 * themselves are not kept, only their hashes.
 */
export function createTokenCache<Facts>(init: TokenCacheInit<Facts>): TokenCache<Facts> {
  const { maxEntries, now, ask, isOutage, outagePauseMs } = init;
  const known = new Map<string, CachedToken<Facts>>();
  const asking = new Map<string, Promise<Facts>>();

  function remember(key: string, entry: CachedToken<Facts>): void {
    known.delete(key);
    known.set(key, entry);
    if (known.size <= maxEntries) return;
    const [oldest] = known.keys();
    if (oldest !== undefined) known.delete(oldest);
  }

  async function learn(key: string, token: string): Promise<Facts> {
    try {
      const entry = await ask(token);
      remember(key, entry);
      return entry.facts;
    } catch (error) {
      const entry = known.get(key);
      if (entry === undefined || !isOutage(error) || entry.usableUntil <= now()) throw error;
      remember(key, { ...entry, freshUntil: now() + outagePauseMs });
      return entry.facts;
    }
  }

  return {
    async get(token) {
      const key = hash('sha256', token, 'base64');
      const entry = known.get(key);
      if (entry !== undefined && entry.freshUntil > now() && entry.usableUntil > now()) {
        remember(key, entry);
        return entry.facts;
      }
      const question = asking.get(key) ?? learn(key, token).finally(() => asking.delete(key));
      asking.set(key, question);
      return question;
    },
  };
}
