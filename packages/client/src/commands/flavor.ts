import { DeviceKind } from '@cyborgjs/core';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { FlavorWish } from '../flavors.ts';
import { oneOf } from './choices.ts';
import type { CommandRunner } from './command-context.ts';
import type { WizardFlags } from './flavor-wizard.ts';

const wizardHelp = `
A device profile says which accelerators a server gets; a flavor of Nova refers to it. The wizard
looks at what is there, proposes profiles that any of several alike cards can serve, says what each
trait means and how many servers would fit now, and lets you change everything before it makes it.

Without questions:
  cyborg flavor wizard --yes --output yaml > flavors.yaml     look at it, change it
  cyborg flavor wizard --apply flavors.yaml                   make it; again does no harm

Flavors are made in Nova when a cloud is named, as "openstack" names it: OS_CLOUD, --os-cloud, or
an openrc file. Without a cloud, device profiles are all that is made: attachments take them too.
`;

/** `cyborg flavor …` */
export function declareFlavor(program: Command, run: CommandRunner): void {
  const flavor = program
    .command('flavor')
    .description('flavors: proposals for device profiles and flavors of Nova');
  flavor
    .command('wizard')
    .description('make device profiles and flavors for what is there, asking what is wanted')
    .addOption(
      new Option('--kind <kind>', `only for this kind: ${DeviceKind.options.join(', ')}`).argParser(
        oneOf(DeviceKind.options),
      ),
    )
    .option('--units <count>', 'accelerators that each server gets, 1 to 16', wholeNumber(1, 16), 1)
    .option('--hotplug', 'only what can be added to a server that runs')
    .option('-y, --yes', 'ask nothing: take every proposal as it stands')
    .addOption(
      new Option('--output <form>', 'print the plan instead of carrying it out').choices(['yaml', 'json']),
    )
    .addOption(
      new Option('--apply <file>', 'carry out the plan in a file, - for standard input').conflicts([
        'yes',
        'output',
        'kind',
        'hotplug',
      ]),
    )
    .option('--vcpus <count>', 'processors of the flavors', wholeNumber(1, 1024), 4)
    .option('--ram <MiB>', 'memory of the flavors', wholeNumber(1, 67_108_864), 8192)
    .option('--disk <GiB>', 'root disk of the flavors', wholeNumber(0, 1_048_576), 20)
    .option('--no-nova', 'make device profiles only')
    .addHelpText('after', wizardHelp)
    .action((flags: WizardFlags & FlavorWish, command: Command) =>
      run(command, async (context) => {
        // Other commands have no use for YAML and questions.
        const { runFlavorWizard } = await import('./flavor-wizard.ts');
        return runFlavorWizard(context, flags);
      }),
    );
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };
}
