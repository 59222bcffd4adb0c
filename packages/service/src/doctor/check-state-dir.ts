import { accessSync, constants, existsSync, type Stats, statfsSync, statSync } from 'node:fs';
import { type Finding, finding } from '@cyborgjs/core';

/** Below this a write of the ledger or the database may fail soon. */
const tightBytes = 200 * 1024 * 1024;
const hardlyAnyBytes = 20 * 1024 * 1024;

/** Judges the state directory: whether it is there, whose it is, and how much room it has. */
export function checkStateDir(path: string, user: number): Finding[] {
  const name = 'state directory';
  if (!existsSync(path))
    return [
      finding.warning(name, `${path} does not exist`, 'The first start of cyborgd makes it; nothing to do.'),
    ];
  const stats = statSync(path);
  return [checkAccess(name, path, stats), ...checkOwner(path, { stats, user }), checkRoom(path)];
}

function checkAccess(name: string, path: string, { mode }: Stats): Finding {
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const { message } = error as Error;
    return finding.failed(
      name,
      message,
      'Run this as the user of cyborgd, or give the directory to that user.',
    );
  }
  const bits = (mode & 0o777).toString(8);
  if ((mode & 0o077) === 0) return finding.ok(name, `${path}, closed to others (${bits})`);
  return finding.failed(
    name,
    `${path} is open to others (${bits}), and it holds the token of an administrator`,
    `Close it with: chmod 700 ${path}`,
  );
}

function checkOwner(
  path: string,
  { stats, user }: { readonly stats: Stats; readonly user: number },
): Finding[] {
  if (stats.uid === user || user === 0) return [];
  return [
    finding.failed(
      'owner of the state directory',
      `user ${stats.uid}, and this is user ${user}`,
      `Run cyborgd as user ${stats.uid}, or: chown -R ${user} ${path}`,
    ),
  ];
}

function checkRoom(path: string): Finding {
  const name = 'room on its disk';
  const { bavail, bsize, ffree, files } = statfsSync(path);
  const free = bavail * bsize;
  const found = `${Math.floor(free / 1024 / 1024)} MiB free`;
  const help = `Make room on the file system of ${path}, or set another stateDir.`;
  if (files > 0 && ffree === 0) return finding.failed(name, 'no file can be made: no inode is free', help);
  if (free < hardlyAnyBytes) return finding.failed(name, found, help);
  return free < tightBytes ? finding.warning(name, found, help) : finding.ok(name, found);
}
