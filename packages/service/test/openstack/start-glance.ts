import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { launchWsgi, type WsgiServer } from '@cyborgjs/openstack-session/testing';
import { type CloudPlan, glanceConf } from './configuration.ts';
import { programs } from './find-openstack.ts';
import type { Processes } from './processes.ts';

interface GlanceInit {
  readonly plan: CloudPlan;
  readonly port: number;
  readonly processes: Processes;
}

/** Starts Glance over a database and a directory of its own. */
export async function startGlance({ plan, port, processes }: GlanceInit): Promise<WsgiServer> {
  const directory = join(plan.directory, 'glance');
  await mkdir(directory);
  for (const name of ['staging', 'tasks'])
    await mkdir(join(plan.directory, 'images', name), { recursive: true });
  await copyFile(programs.glancePaste, join(directory, 'glance-api-paste.ini'));
  await writeFile(join(directory, 'glance-api.conf'), glanceConf(plan));
  const args = ['--config-file', join(directory, 'glance-api.conf'), 'db_sync'];
  await processes.run({ name: 'glance db_sync', command: programs.glanceManage, args });
  const dir = join(plan.directory, 'glance-wsgi');
  await mkdir(dir);
  const env = { OS_GLANCE_CONFIG_DIR: directory };
  return launchWsgi({ name: 'glance', uwsgi: programs.uwsgi, script: programs.glance, dir, port, env });
}
