import type { ErrorKind } from '@cyborgjs/openstack-session';

/**
 * What a `PlacementError` can say. The codes that Placement itself uses keep their names, but are given only where
 * they mean what they say: three of its answers come in disguise and are told apart here.
 */
export const placementErrorTable = {
  'placement.concurrent_update': {
    kind: 'conflict',
    text: 'Somebody else changed the provider. Read it again and decide anew. Also the 500 by which a race in PUT traits shows itself.',
  },
  'placement.consumer_conflict': {
    kind: 'conflict',
    text: 'Somebody else changed the allocations of the consumer. Read them again and decide anew.',
  },
  'placement.inventory.inuse': {
    kind: 'conflict',
    text: 'A resource class of which something is allocated cannot be removed. Also where Placement calls it a concurrent update (DELETE of one class).',
  },
  'placement.inventory.exists': {
    kind: 'conflict',
    text: 'The provider has inventory of that class already; Placement calls it a concurrent update. Replace it instead.',
  },
  'placement.duplicate_name': {
    kind: 'conflict',
    text: 'A provider of that uuid or of that name exists; reading by uuid tells which.',
  },
  'placement.resource_provider.inuse': {
    kind: 'conflict',
    text: 'The provider has allocations and cannot be deleted.',
  },
  'placement.resource_provider.cannot_delete_parent': {
    kind: 'conflict',
    text: 'The provider has children; delete them first.',
  },
  'placement.resource_provider.not_found': {
    kind: 'not-found',
    text: 'A provider named in a reshape does not exist.',
  },
  'placement.allocation_refused': {
    kind: 'conflict',
    text: 'The inventory does not allow the allocation: capacity, units, or no inventory of that class. Ask for candidates again.',
  },
  'placement.name_in_use': {
    kind: 'conflict',
    text: 'A trait or resource class that some provider has cannot be deleted.',
  },
  'placement.unknown_trait': {
    kind: 'invalid',
    text: 'A trait does not exist; `details.names` has which. Custom ones must be made first.',
  },
  'placement.unknown_resource_class': {
    kind: 'invalid',
    text: 'A resource class does not exist; `details.names` has which. Custom ones must be made first.',
  },
  'placement.query.duplicate_key': {
    kind: 'invalid',
    text: 'A parameter that may be given once was repeated.',
  },
  'placement.query.bad_value': {
    kind: 'invalid',
    text: 'A parameter has a value that does not fit the others.',
  },
  'placement.query.missing_value': { kind: 'invalid', text: 'A parameter that is needed was not given.' },
  'placement.not_found': { kind: 'not-found', text: 'The thing named in the address does not exist.' },
  'placement.conflict': { kind: 'conflict', text: 'A conflict that Placement gives no code; see `detail`.' },
  'placement.invalid': { kind: 'invalid', text: 'Placement refused the request as malformed; see `detail`.' },
  'placement.microversion_unsupported': {
    kind: 'invalid',
    text: 'The server is too old for what was asked; the message names the feature and the version it needs.',
  },
  'placement.bad_answer': {
    kind: 'internal',
    text: 'The answer is not of the shape that the API promises; the message names the place in it.',
  },
  'placement.ghost_consumer': {
    kind: 'invalid',
    text: 'Writing no allocations for a consumer that has none would leave an invisible record that blocks the next writer; refused.',
  },
  'placement.invalid_query': {
    kind: 'invalid',
    text: 'A request for candidates that Placement would refuse or misunderstand; the message names the place.',
  },
  'placement.query_too_long': {
    kind: 'invalid',
    text: 'A query too long for an address, of a kind that cannot be asked for in parts.',
  },
  'placement.invalid_tree': {
    kind: 'invalid',
    text: 'The tree to be reached contradicts itself or breaks a rule of Placement; the message names the place.',
  },
  'placement.root_not_found': {
    kind: 'not-found',
    text: 'The provider below which the tree hangs does not exist yet. Nova makes it for a compute node.',
  },
  'placement.name_conflict': {
    kind: 'conflict',
    text: 'Another provider has the name; `details.ownerUuid` says which. Clean up, adopt or rename that one.',
  },
  'placement.parent_missing': {
    kind: 'not-found',
    text: 'The parent of a provider is neither in Placement nor could it be made.',
  },
  'placement.conflict_persists': {
    kind: 'conflict',
    text: 'A provider was changed by others again and again while we wrote it; `details` has both views.',
  },
  'placement.sync_incomplete': {
    kind: 'conflict',
    text: 'Several providers could not be brought to where they should be; `details.failures` names them. The others were.',
  },
} as const satisfies Record<string, { readonly kind: ErrorKind; readonly text: string }>;

export type PlacementErrorCode = keyof typeof placementErrorTable;
