import { describe, expect, it } from 'vitest';
import type { AttachRequest } from '../driver.ts';
import type { AttachmentEntry } from './attachment-entry.ts';
import {
  type AttachmentStep,
  attachmentRefusal,
  decideAttachment,
  type Standing,
} from './decide-attachment.ts';

const request: AttachRequest = {
  device: { identity: 'GPU-1', address: '0000:83:00.0' },
  handle: { id: '0000:83:00.0', type: 'PCI' },
  consumer: { type: 'instance', id: 'a', via: 'nova' },
  options: { size: '1' },
};
const sameAgain: AttachRequest = { ...request, device: { identity: 'GPU-1', address: '0000:84:00.0' } };
const otherOptions: AttachRequest = { ...request, options: { size: '2' } };
const otherRoad: AttachRequest = { ...request, consumer: { ...request.consumer, via: 'direct' } };
const otherOwner: AttachRequest = { ...request, consumer: { ...request.consumer, id: 'b' } };
const otherKind: AttachRequest = { ...request, consumer: { ...request.consumer, type: 'host' } };
const otherDevice: AttachRequest = { ...request, device: { ...request.device, identity: 'GPU-2' } };

const entry = (state: AttachmentEntry['state']): AttachmentEntry => ({
  ...request,
  options: { ...request.options },
  driver: 'gpu',
  state,
  info: null,
  seen: null,
  trouble: null,
  bootId: 'boot',
  since: 0,
});
const standings: readonly Standing[] = [
  'nothing',
  entry('attaching'),
  entry('attached'),
  entry('detaching'),
  'unreadable',
];
const stepsOf = (verb: 'attach' | 'detach', asked: AttachRequest, force = false): AttachmentStep[] =>
  standings.map((standing) => decideAttachment(standing, { verb, request: asked, force }));

describe('what is done with a handle', () => {
  //                       nothing  attaching   attached    detaching    unreadable
  it.each([
    ['attach', sameAgain, 'begin', 'begin', 'repeat', 'end-begin', 'in_use'],
    ['attach', otherOptions, 'begin', 'end-begin', 'conflict', 'end-begin', 'in_use'],
    ['attach', otherRoad, 'begin', 'end-begin', 'conflict', 'end-begin', 'in_use'],
    ['attach', otherOwner, 'begin', 'end-begin', 'in_use', 'end-begin', 'in_use'],
    ['attach', otherKind, 'begin', 'end-begin', 'in_use', 'end-begin', 'in_use'],
    ['attach', otherDevice, 'begin', 'end-begin', 'in_use', 'end-begin', 'in_use'],
    ['detach', sameAgain, 'end', 'end', 'end', 'end', 'end'],
    ['detach', otherOptions, 'end', 'end', 'end', 'end', 'end'],
    ['detach', otherRoad, 'end', 'end', 'end', 'end', 'end'],
    ['detach', otherOwner, 'end', 'in_use', 'in_use', 'in_use', 'end'],
    ['detach', otherDevice, 'end', 'in_use', 'in_use', 'in_use', 'end'],
  ] as const)('%s, asked with %j', (verb, asked, ...steps) => {
    expect(stepsOf(verb, asked)).toEqual(steps);
  });

  it('detaches whoever holds it when that is asked by force, and attaches nothing by it', () => {
    expect(stepsOf('detach', otherOwner, true)).toEqual(['end', 'end', 'end', 'end', 'end']);
    expect(stepsOf('attach', otherOwner, true)).toEqual(stepsOf('attach', otherOwner));
  });
});

describe('a refusal', () => {
  it('names the holder and the way out', () => {
    const asked = { verb: 'attach', request: otherOwner, force: false } as const;
    expect(attachmentRefusal('in_use', entry('attached'), asked)).toMatchObject({
      code: 'in_use',
      device: '0000:83:00.0',
      message: '0000:83:00.0 is attached to instance a (nova)',
      hint: 'Detach it there first.',
    });
    const detach = { ...asked, verb: 'detach' } as const;
    expect(attachmentRefusal('in_use', entry('detaching'), detach)).toMatchObject({
      message: '0000:83:00.0 is detaching, for instance a (nova)',
      retry: 'later',
    });
  });

  it('of other options names those that it has', () => {
    const asked = { verb: 'attach', request: otherOptions, force: false } as const;
    expect(attachmentRefusal('conflict', entry('attached'), asked)).toMatchObject({
      code: 'conflict',
      retry: 'never',
      hint: 'It has {"size":"1"}: ask with these, or detach it first.',
    });
  });

  it('says that nobody knows the holder when the record is spoilt', () => {
    const asked = { verb: 'attach', request, force: false } as const;
    expect(attachmentRefusal('in_use', 'unreadable', asked).message).toContain('cannot be read');
  });
});
