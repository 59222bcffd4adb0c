import type { CommandContext } from './command-context.ts';

/**
 * Names of the hosts whose hardware does not exist, to mark what does not say so itself. Not asked for where
 * nobody reads marks.
 */
export async function simulatedHosts({
  client,
  terminal,
  signal,
}: CommandContext): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  if (terminal.form !== 'text') return names;
  for await (const host of client.hosts.list({ signal })) if (host.simulated) names.add(host.name);
  return names;
}
