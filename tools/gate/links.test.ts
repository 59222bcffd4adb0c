import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { checkLinks } from './links.ts';

const root = mkdtempSync(join(tmpdir(), 'cyborg-links-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('finds a link that leads nowhere, and no other', () => {
  writeFileSync(join(root, 'there.md'), '');
  writeFileSync(join(root, 'a.md'), '[x](there.md#part)\n[y](https://example.org) [z](gone.md) [w](#here)\n');
  expect(checkLinks(root)).toEqual([
    {
      severity: 'wall',
      path: 'a.md',
      line: 2,
      text: 'the link to gone.md leads nowhere; correct or remove it',
    },
  ]);
});
