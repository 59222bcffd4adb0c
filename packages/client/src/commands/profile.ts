import type { DeviceProfile } from '@cyborgjs/core';
import type { Command } from 'commander';
import { profileListView, profileView } from '../render/profile-views.ts';
import type { CommandRunner } from './command-context.ts';
import { exitCode } from './exit-code.ts';
import { collect } from './list-limit.ts';
import { addWatchOption, showList, type WatchFlags } from './show-list.ts';

const whichText = 'name or id';

/** `cyborg profile …` */
export function declareProfile(program: Command, run: CommandRunner): void {
  const profile = program
    .command('profile')
    .description('device profiles: named requests for accelerators, which flavors refer to');
  addWatchOption(profile.command('list'))
    .description('list all device profiles')
    .action((flags: WatchFlags, command: Command) =>
      run(command, (context) =>
        showList(context, flags, async ({ client, signal }) =>
          profileListView(await collect(client.deviceProfiles.list({ signal }))),
        ),
      ),
    );
  profile
    .command('show')
    .description('show what a device profile asks for')
    .argument('<profile>', whichText)
    .action((which: string, _options, command: Command) =>
      run(command, async ({ client, terminal, signal }) => {
        terminal.show(profileView(await client.deviceProfiles.get(which, { signal })));
        return exitCode.ok;
      }),
    );
  profile
    .command('delete')
    .description('delete device profiles; those that servers use stay')
    .argument('<profile...>', whichText)
    .action((names: string[], _options, command: Command) =>
      run(command, async ({ client, terminal, signal }) => {
        const found: DeviceProfile[] = [];
        for (const name of names) found.push(await client.deviceProfiles.get(name, { signal }));
        for (const { id } of found) await client.deviceProfiles.remove(id, { signal });
        terminal.show({
          json: found,
          names: found.map(({ id }) => id),
          text: () => found.map(({ name }) => `device profile ${name}: deleted`).join('\n'),
        });
        return exitCode.ok;
      }),
    );
}
