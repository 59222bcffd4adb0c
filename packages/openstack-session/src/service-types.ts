/**
 * Older names of service types, by the official one, most recent first (OpenStack's service-types authority,
 * `python3-os-service-types`). A catalog may use any of them.
 */
const aliases: Readonly<Record<string, readonly string[]>> = {
  'admin-logic': ['registration'],
  alarm: ['alarming'],
  'application-container': ['container'],
  'application-deployment': ['application_deployment'],
  baremetal: ['bare-metal'],
  'block-storage': ['volumev3', 'volumev2', 'volume', 'block-store'],
  clustering: ['resource-cluster', 'cluster'],
  'container-infrastructure-management': ['container-infrastructure', 'container-infra'],
  event: ['events'],
  'instance-ha': ['ha'],
  message: ['messaging'],
  meter: ['metering', 'telemetry'],
  'monitoring-logging': ['monitoring-log-api'],
  'multi-region-network-automation': ['tricircle'],
  'operator-policy': ['policy'],
  'resource-optimization': ['infra-optim'],
  'root-cause-analysis': ['rca'],
  'shared-file-system': ['sharev2', 'share'],
  workflow: ['workflowv2'],
};

const officialTypes: ReadonlyMap<string, string> = new Map(
  Object.entries(aliases).flatMap(([official, names]) => names.map((name) => [name, official] as const)),
);

/** The official name of a service type: `block-storage` for `volumev3`; an unknown one is its own. */
export function officialServiceType(type: string): string {
  return officialTypes.get(type) ?? type;
}

/** A service type under all its names, the official one first. */
export function namesOfServiceType(type: string): readonly string[] {
  const official = officialServiceType(type);
  return [official, ...(aliases[official] ?? [])];
}
