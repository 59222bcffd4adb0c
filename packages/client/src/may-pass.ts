import { isCyborgApiError } from './cyborg-api-error.ts';
import { isCyborgConnectionError } from './cyborg-connection-error.ts';

/** Whether the same question may get an answer later: nobody answered, or the service cannot just now. */
export function mayPass(error: unknown): error is Error {
  if (isCyborgConnectionError(error)) return true;
  return isCyborgApiError(error) && (error.status === 429 || error.status >= 502);
}
