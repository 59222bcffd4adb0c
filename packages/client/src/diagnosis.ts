import { Diagnosis } from '@cyborgjs/core';
import type { CallOptions } from './call-api.ts';
import type { NounInit } from './post-intent.ts';

/** Asks the service about itself and its caller. Rejects with `auth.denied` for callers with no role in a project. */
export type ReadDiagnosis = (options?: CallOptions) => Promise<Diagnosis>;

/** The diagnosis behind a connection. */
export function createDiagnosis({ callApi }: NounInit): ReadDiagnosis {
  return (options) => callApi({ method: 'GET', path: '/v3/diagnosis', answer: Diagnosis, ...options });
}
