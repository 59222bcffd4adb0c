import { fork } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import { newId, silentLog, sqliteDatabase, testClock } from '../../test/test-store.ts';
import { createStore } from './create-store.ts';

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

it('keeps everything that was committed when the process is killed', async () => {
  const { target, drop } = await sqliteDatabase.create();
  undo.push(drop);
  const file = 'file' in target ? target.file : '';
  const writer = fork(new URL('../../test/store/write-until-killed.ts', import.meta.url), [file]);
  const last = await new Promise<number>((resolve) => {
    writer.on('message', ({ stored }: { stored: number }) => {
      if (stored < 20) return;
      writer.kill('SIGKILL');
      resolve(stored);
    });
  });
  await once(writer, 'exit');
  const store = await createStore(target, { now: testClock().now, newId, log: silentLog });
  undo.push(() => store.close());
  const { items } = await store.hosts.list();
  expect(items.length).toBeGreaterThanOrEqual(last);
});
