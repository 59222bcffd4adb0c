/** Why a connection failed and what to check, for people. */
export interface FailureExplanation {
  readonly reason: string;
  readonly advice: string;
}

const checkRunning = 'check that cyborgd is running there and that host and port are right';
const checkNetwork = 'check the network and firewalls on the way';
const checkCertificate =
  'check the certificate, or name its authority in the environment variable NODE_EXTRA_CA_CERTS';

/** By error code of Node (`node:dns`, `node:net`, `node:tls`), of undici and of the session. */
const byCode: Readonly<Record<string, FailureExplanation>> = {
  ECONNREFUSED: { reason: 'connection refused', advice: checkRunning },
  ENOTFOUND: { reason: 'no such host name', advice: 'check the name for mistakes' },
  EAI_AGAIN: { reason: 'the host name cannot be looked up now', advice: 'check the name server' },
  EHOSTUNREACH: { reason: 'no way to that host', advice: checkNetwork },
  ENETUNREACH: { reason: 'no way to that network', advice: checkNetwork },
  ETIMEDOUT: { reason: 'the connection timed out', advice: checkNetwork },
  'session.deadline_exceeded': { reason: 'no answer came in the time given', advice: checkNetwork },
  UND_ERR_CONNECT_TIMEOUT: { reason: 'the connection timed out', advice: checkNetwork },
  UND_ERR_HEADERS_TIMEOUT: { reason: 'it took the request but did not answer in time', advice: checkRunning },
  UND_ERR_BODY_TIMEOUT: { reason: 'the answer stopped half-way', advice: checkNetwork },
  ECONNRESET: { reason: 'the connection broke off', advice: checkRunning },
  EPIPE: { reason: 'the connection broke off', advice: checkRunning },
  UND_ERR_SOCKET: { reason: 'the connection broke off', advice: checkRunning },
  HPE_INVALID_CONSTANT: { reason: 'what listens there does not speak HTTP', advice: checkRunning },
  ERR_SSL_WRONG_VERSION_NUMBER: { reason: 'what listens there does not speak TLS', advice: 'try http://' },
  ERR_SSL_PACKET_LENGTH_TOO_LONG: { reason: 'what listens there does not speak TLS', advice: 'try http://' },
  ERR_TLS_CERT_ALTNAME_INVALID: { reason: 'its certificate is for another name', advice: checkCertificate },
  CERT_HAS_EXPIRED: { reason: 'its certificate has expired', advice: checkCertificate },
  DEPTH_ZERO_SELF_SIGNED_CERT: { reason: 'its certificate is self-signed', advice: checkCertificate },
  SELF_SIGNED_CERT_IN_CHAIN: { reason: 'its certificate is not trusted', advice: checkCertificate },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: { reason: 'its certificate is not trusted', advice: checkCertificate },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: { reason: 'its certificate is not trusted', advice: checkCertificate },
};

/** Explains a thrown value by the first known error code among it, its causes and its parts. */
export function explainFailure(error: unknown): FailureExplanation {
  for (const part of withCauses(error)) {
    const known = byCode[codeOf(part)];
    if (known !== undefined) return known;
  }
  const reason = error instanceof Error ? error.message : String(error);
  return { reason, advice: checkRunning };
}

function withCauses(error: unknown, depth = 0): unknown[] {
  if (!(error instanceof Error) || depth > 8) return [];
  const parts = error instanceof AggregateError ? error.errors : [];
  return [error, ...[error.cause, ...parts].flatMap((part) => withCauses(part, depth + 1))];
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
