import { type EndpointFilter, isOpenStackError, type Query, type Session } from '@cyborgjs/openstack-session';
import { z } from 'zod';
import { classifyError } from './classify-error.ts';
import {
  compareMicroversions,
  isMicroversion,
  type Microversion,
  type NeededVersion,
  oldestMicroversion,
} from './microversion.ts';
import { PlacementError } from './placement-error.ts';

/** What every method takes last. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** For the whole call, retries included; default: the session's. */
  readonly timeoutMs?: number | undefined;
  /** Called before every HTTP request. */
  readonly onAttempt?: (() => void) | undefined;
}

/** One call to Placement, as the nouns make it. */
export interface PlacementRequest<T> {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Every segment encoded. */
  readonly path: string;
  readonly query?: Query;
  /** A function makes it for the version that it is sent at. */
  readonly body?: unknown;
  /** Whether a lost answer may be answered by a repeat. Default: all but POST. */
  readonly idempotent?: boolean;
  /** What the answer must be. */
  readonly answer: z.ZodType<T>;
  /** Refused on servers below that version; `what` names the feature. */
  readonly needs?: NeededVersion | undefined;
  /** Sent at this version whatever is spoken otherwise: for what newer ones cannot say any more. */
  readonly at?: Microversion;
}

/** Makes one call at the negotiated microversion. */
export interface PlacementCall {
  <T>(request: PlacementRequest<T>, options?: CallOptions): Promise<{ status: number; body: T }>;
  /** The version spoken; lowered when the server turned out to be older. */
  microversion(): Microversion;
}

/** An answer whose body nobody wants. */
export const noBody: z.ZodType<undefined> = z.unknown().transform(() => undefined);

interface PlacementCallOptions {
  readonly session: Pick<Session, 'request'>;
  readonly service: string | EndpointFilter;
  readonly microversion: Microversion;
}

/**
 * Calls over a session. The version is settled by the first call: a server that does not speak the wanted one says
 * with its 406 what it does speak, and from then on that is used.
 */
export function createPlacementCall({ session, service, microversion }: PlacementCallOptions): PlacementCall {
  let version = microversion;

  async function attempt<T>(request: PlacementRequest<T>, options: CallOptions) {
    const spoken = request.at ?? version;
    requireVersion(request, spoken);
    const { method, path, query, idempotent } = request;
    const body = typeof request.body === 'function' ? request.body(spoken) : request.body;
    const headers = { 'openstack-api-version': `placement ${spoken}` };
    return session.request({ service, method, path, query, body, headers, idempotent, ...options });
  }

  async function send<T>(request: PlacementRequest<T>, options: CallOptions) {
    const asked = version;
    try {
      return await attempt(request, options);
    } catch (error) {
      const served = newestServed(error);
      if (served === undefined || request.at !== undefined || compareMicroversions(served, asked) >= 0)
        throw asPlacementError(error, request);
      if (compareMicroversions(served, oldestMicroversion) < 0) throw tooOld(served, error);
      version = served;
      return attempt(request, options).catch((again) => {
        throw asPlacementError(again, request);
      });
    }
  }

  async function call<T>(request: PlacementRequest<T>, options: CallOptions = {}) {
    const response = await send(request, options);
    const parsed = request.answer.safeParse(response.body);
    if (parsed.success) return { status: response.status, body: parsed.data };
    throw new PlacementError(
      'placement.bad_answer',
      `${request.method} ${request.path} answered ${response.status} with ${z.prettifyError(parsed.error)}`,
      { cause: parsed.error },
    );
  }

  return Object.assign(call, { microversion: () => version });
}

function asPlacementError<T>(error: unknown, request: PlacementRequest<T>): unknown {
  return isOpenStackError(error) ? classifyError(error, request) : error;
}

function requireVersion<T>({ needs }: PlacementRequest<T>, version: Microversion): void {
  if (needs === undefined || compareMicroversions(version, needs.version) >= 0) return;
  throw versionUnsupported(needs, version);
}

/** The error for a feature that the version spoken does not have. */
export function versionUnsupported(
  needs: NeededVersion,
  spoken: Microversion,
  cause?: unknown,
): PlacementError {
  return new PlacementError(
    'placement.microversion_unsupported',
    `${needs.what} needs Placement ${needs.version}, but ${spoken} is spoken here; upgrade Placement`,
    { details: { needed: needs.version, spoken }, cause },
  );
}

/** The newest version that a 406 offers, or undefined for every other error. */
function newestServed(error: unknown): Microversion | undefined {
  if (!isOpenStackError(error) || error.status !== 406) return undefined;
  const offer = z.object({ errors: z.array(z.object({ max_version: z.string() })) }).safeParse(error.body);
  const served = offer.data?.errors[0]?.max_version;
  return isMicroversion(served) ? served : undefined;
}

function tooOld(served: Microversion, cause: unknown): PlacementError {
  return new PlacementError(
    'placement.microversion_unsupported',
    `this Placement speaks at most ${served}; ${oldestMicroversion} is needed at least. Upgrade Placement.`,
    { cause, details: { needed: oldestMicroversion, spoken: served } },
  );
}
