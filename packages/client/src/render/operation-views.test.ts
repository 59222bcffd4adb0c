import type { PlannedStep } from '@cyborgjs/core';
import { describe, expect, it } from 'vitest';
import { aDevice } from '../../test/a-device.ts';
import { anOperation } from '../../test/an-operation.ts';
import { operationListView, operationView } from './operation-views.ts';
import { deviceOutcomesView, operationOutcomesView } from './outcome-views.ts';
import { plainPaint } from './paint.ts';
import { plansView } from './plan-views.ts';
import { changeLine, endLine, progressLine, watchedOperation } from './progress-line.ts';

const style = { width: undefined, paint: plainPaint, now: Date.parse('2025-11-22T10:00:00Z') };
const failed = anOperation({
  id: 'bbbb0000-0000-4000-8000-000000000002',
  state: 'failed',
  attempts: 3,
  error: { code: 'driver.hardware', message: 'the card does not answer', hint: 'power-cycle the server' },
});
const label = 'node-1:0000:83:00.0';

describe('operations', () => {
  it('are listed with how far they are or why they failed', () => {
    const search = anOperation({
      id: 'cccc0000-0000-4000-8000-000000000003',
      verb: 'discover',
      state: 'pending',
      deviceId: null,
      progress: null,
      note: null,
      attempts: 0,
    });
    expect(operationListView([anOperation(), failed, search], new Set()).text({ ...style, width: 100 })).toBe(
      [
        'ID        VERB      STATE    HOST    DEVICE    DONE  TRIES  ASKED      BY        NOTE',
        'aaaa0000  install   running  node-1  3f2a91c0  42 %  1      3 min ago  operator  making virtual fun…',
        'bbbb0000  install   failed   node-1  3f2a91c0  42 %  3      3 min ago  operator  the card does not …',
        'cccc0000  discover  pending  node-1  -         -     0      3 min ago  operator',
      ].join('\n'),
    );
  });

  it('are marked when their host is simulated', () => {
    const view = operationListView([anOperation()], new Set(['node-1']));
    expect(view.text(style)).toMatch(/MARK .*\n.* simulated /);
    expect(view.notes).toEqual(['simulated: no such hardware exists.']);
  });

  it('are shown in full', () => {
    expect(operationView(failed).text(style)).toBe(
      [
        'Id        bbbb0000-0000-4000-8000-000000000002',
        'Verb      install',
        'State     failed',
        'Host      node-1',
        'Device    3f2a91c0-0000-4000-8000-000000000001',
        'Done      42 %',
        'Note      making virtual functions',
        'Tries     3',
        'Error     driver.hardware: the card does not answer',
        '          what helps: power-cycle the server',
        'Asked by  operator',
        'Asked     2025-11-22T09:57:00Z (3 min ago)',
        'Ended     2025-11-22T09:59:00Z (1 min ago)',
        'Deadline  2025-11-22T10:27:00Z (in 27 min)',
      ].join('\n'),
    );
  });
});

describe('progress', () => {
  it('is a bar that never outgrows the terminal', () => {
    const watched = { label, operation: anOperation() };
    expect(progressLine(watched, 90)).toBe(
      'install node-1:0000:83:00.0  ########------------   42 %  making virtual functions',
    );
    expect(progressLine(watched, 40)).toBe('install node-1:0000:83:00.0  ########--…');
  });

  it('reads as one line per change in a log', () => {
    expect(changeLine({ label, operation: anOperation() })).toBe(
      'install node-1:0000:83:00.0: running, 42 %, making virtual functions',
    );
  });

  it('shows an empty bar while nobody knows, and the number of the try from the second on', () => {
    const operation = anOperation({ progress: null, note: null, attempts: 2 });
    expect(progressLine({ label, operation }, 90)).toBe(
      'install node-1:0000:83:00.0  --------------------      -  running (try 2)',
    );
  });

  it('ends with what came of it and what helps', () => {
    expect(endLine({ label, operation: failed }, plainPaint)).toBe(
      'install node-1:0000:83:00.0: failed: the card does not answer; what helps: power-cycle the server',
    );
    expect(endLine({ label, operation: anOperation({ state: 'succeeded' }) }, plainPaint)).toBe(
      'install node-1:0000:83:00.0: done',
    );
    expect(endLine({ label, operation: anOperation({ state: 'canceled' }) }, plainPaint)).toBe(
      'install node-1:0000:83:00.0: canceled',
    );
  });

  it('names what an operation concerns by what it says itself', () => {
    expect(watchedOperation(anOperation()).label).toBe('node-1 device 3f2a91c0');
    expect(watchedOperation(anOperation({ deviceId: null })).label).toBe('node-1');
  });
});

describe('what came of a request for several devices', () => {
  it('is one document with an entry for each, refused or not', () => {
    const done = anOperation({ state: 'succeeded' });
    const view = operationOutcomesView([
      { id: 'one', label, result: done, error: null },
      { id: 'two', label: 'node-2:x', result: null, error: { code: 'state.not_allowed' } },
    ]);
    expect(view.json).toEqual([
      { deviceId: 'one', operation: done, error: null },
      { deviceId: 'two', operation: null, error: { code: 'state.not_allowed' } },
    ]);
    expect(view.text(style)).toBe('install node-1:0000:83:00.0: done');
    expect(view.names).toEqual([done.id]);
  });

  it('names the state that a device was switched to', () => {
    const device = aDevice({ state: 'disabled' });
    expect(deviceOutcomesView([{ id: device.id, label, result: device, error: null }]).text(style)).toBe(
      'node-1:0000:83:00.0: disabled',
    );
  });

  it('is of dry runs what each would do, also when that is nothing or has not come so far', () => {
    const done = anOperation({ state: 'succeeded' });
    const run: PlannedStep = { verb: 'run', tool: '/usr/bin/fpgaconf', args: ['a.gbs'] };
    const of = (id: string, plan: PlannedStep[] | null) => ({
      id,
      label: id,
      result: done,
      error: null,
      plan,
    });
    const refused = { id: 'd', label: 'd', result: null, error: { code: 'state.not_allowed' }, plan: null };
    const view = plansView([of('a', [run]), of('b', []), of('c', null), refused]);
    expect(view.text(style).split('\n')).toEqual([
      'install a would do:',
      'run /usr/bin/fpgaconf a.gbs',
      'install b would do:',
      'nothing',
      'install c: done',
    ]);
    expect(view.json).toMatchObject([
      { deviceId: 'a', operation: done, plan: [run], error: null },
      { plan: [] },
      { plan: null },
      { operation: null, plan: null, error: { code: 'state.not_allowed' } },
    ]);
    expect(view.names).toEqual([done.id, done.id, done.id]);
  });
});
