import { describe, expect, it } from 'vitest';
import { anAttachment } from './an-attachment.ts';
import { cyborgAgainst } from './cyborg-against.ts';

describe.concurrent('cyborg detach --qmp', () => {
  it.each([
    ['is not attached yet', { state: 'attaching', connection: null } as const, /it is attaching/],
    ['no QEMU can have', { handle: { id: 'gpu0', type: 'MDEV' } } as const, /a QEMU cannot take MDEV/],
  ])('of what %s is refused, and nothing is detached', async (_what, changes, message) => {
    const { id, ...rest } = anAttachment(changes);
    const answers = { [`GET /v3/attachments/${id}`]: { status: 200, body: { id, ...rest } } };
    const run = await cyborgAgainst({ answers }, 'detach', id, '--qmp', '/nonexistent/qmp');
    expect(run).toMatchObject({ code: 2, out: '', err: expect.stringMatching(message) });
    expect(run.err).toContain('leave --qmp out');
    expect(run.service.seen.map(({ method }) => method)).toEqual(['GET']);
  });
});
