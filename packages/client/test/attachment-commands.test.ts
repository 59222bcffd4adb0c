import { describe, expect, it } from 'vitest';
import { anAttachment } from './an-attachment.ts';
import { cyborgAgainst } from './cyborg-against.ts';
import { startScriptedMachine } from './scripted-machine.ts';
import { aProblem, type ScriptedAnswer } from './scripted-service.ts';

const device = 'accel-0000_83_00.0';
const qmp = {
  id: device,
  attach: [
    {
      execute: 'device_add',
      arguments: { driver: 'vfio-pci', host: '0000:83:00.0', id: device, bus: 'rp0' },
    },
  ],
  detach: [{ execute: 'device_del', arguments: { id: device } }],
};
const attached = anAttachment({
  connection: { type: 'PCI', info: {}, libvirt: null, qmp, cdi: null, deviceNodes: [] },
});
const { id } = attached;
const answer = (status: number, body: object): ScriptedAnswer => ({ status, body });
const detached = { ...attached, state: 'detached', connection: null, handle: null };

/** A service that is away while it is asked to detach, so often; after that it does it. */
function awayAtDetach(often: number) {
  let isDetached = false;
  return {
    'POST /v3/attachments': answer(202, { ...attached, state: 'requested', connection: null }),
    [`GET /v3/attachments/${id}`]: () => answer(200, isDetached ? detached : attached),
    [`DELETE /v3/attachments/${id}`]: (count: number) => {
      isDetached = count >= often;
      return isDetached
        ? answer(202, { ...attached, state: 'detaching' })
        : aProblem(503, 'store.unavailable');
    },
  };
}

const deletes = ({ seen }: { readonly seen: readonly { readonly method: string }[] }) =>
  seen.filter(({ method }) => method === 'DELETE').length;

describe.concurrent('cyborg attach --qmp', () => {
  it('detaches what its machine does not take, however long the service is away then', async () => {
    const socket = await startScriptedMachine({ devices: [], refuses: "Bus 'rp0' not found" });
    const words = ['attach', 'vm-1', '--class', 'PGPU', '--host', 'node-1', '--qmp', socket];
    const run = await cyborgAgainst({ answers: awayAtDetach(7) }, ...words);
    expect(run).toMatchObject({ code: 1, out: '' });
    expect(run.err).toMatch(/QEMU did not take it: Bus 'rp0' not found/);
    expect(deletes(run.service)).toBe(8);
  });

  it('says what stays attached when it cannot be detached', async () => {
    const socket = await startScriptedMachine({ devices: [], refuses: 'no' });
    const answers = {
      ...awayAtDetach(0),
      [`DELETE /v3/attachments/${id}`]: aProblem(403, 'auth.forbidden', { detail: 'not yours' }),
    };
    const run = await cyborgAgainst({ answers }, 'attach', 'vm-1', '--class', 'PGPU', '--qmp', socket);
    expect(run).toMatchObject({ code: 1, out: '' });
    expect(run.err).toContain('QEMU did not take it: no');
    expect(run.err).toContain('not yours');
    expect(run.err).toContain(`cyborg detach ${id}`);
  });
});

describe.concurrent('cyborg detach --qmp', () => {
  it.each([
    ['is not attached yet', { state: 'attaching', connection: null } as const, /it is attaching/],
    ['no QEMU can have', { handle: { id: 'gpu0', type: 'MDEV' } } as const, /a QEMU cannot take MDEV/],
  ])('of what %s is refused, and nothing is detached', async (_what, changes, message) => {
    const body = anAttachment(changes);
    const answers = { [`GET /v3/attachments/${id}`]: answer(200, body) };
    const run = await cyborgAgainst({ answers }, 'detach', id, '--qmp', '/nonexistent/qmp');
    expect(run).toMatchObject({ code: 2, out: '', err: expect.stringMatching(message) });
    expect(run.err).toContain('leave --qmp out');
    expect(run.service.seen.map(({ method }) => method)).toEqual(['GET']);
  });

  it('of what is detached by now is done, as for whom nobody had answered the first time', async () => {
    const answers = {
      [`GET /v3/attachments/${id}`]: answer(200, detached),
      [`DELETE /v3/attachments/${id}`]: answer(202, detached),
    };
    const run = await cyborgAgainst({ answers }, 'detach', id, '--qmp', '/nonexistent/qmp');
    expect(run).toMatchObject({ code: 0, out: expect.stringContaining('detached'), err: '' });
  });

  it('detaches what its machine has let go of, however long the service is away then', async () => {
    const socket = await startScriptedMachine({ devices: [device] });
    const run = await cyborgAgainst({ answers: awayAtDetach(7) }, 'detach', id, '--qmp', socket);
    expect(run).toMatchObject({ code: 0, out: expect.stringContaining('detached') });
    expect(deletes(run.service)).toBe(8);
  });
});
