import type { NewAuditRecord } from '../src/store/audit.ts';

/** The record of a request that was refused. */
export const anAuditRecord = (requestId: string): NewAuditRecord => ({
  requestId,
  globalRequestId: null,
  userId: 'u',
  projectId: null,
  roles: [],
  serviceUserId: null,
  method: 'POST',
  route: '/v3/devices/:id/ready',
  target: '',
  outcome: 'refused',
  status: 404,
  errorCode: 'device.not_found',
});
