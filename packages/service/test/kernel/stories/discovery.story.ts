import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRealMachine, scanPci } from '@cyborgjs/driver-sdk';

test('the bus is read', async () => {
  const found = await scanPci(createRealMachine());
  console.log(JSON.stringify(found, null, 1));
  assert.ok(found.length > 10);
});
