import type { Attachment, AttachmentConnection } from '@cyborgjs/core';
import { type Detail, renderDetails, renderSections } from './details.ts';
import { humanTime, momentAndAge } from './human-time.ts';
import { printable } from './printable.ts';
import { renderTable } from './table.ts';
import { toneOf } from './tones.ts';
import type { Style, View } from './view.ts';

/** For whom connection information can be written out. */
export const connectionFormats = ['libvirt', 'qmp', 'cdi'] as const;
export type ConnectionFormat = (typeof connectionFormats)[number];

/** Attachments as a table. */
export function attachmentListView(attachments: readonly Attachment[]): View {
  return {
    json: attachments,
    names: attachments.map(({ id }) => id),
    text: (style) => (attachments.length === 0 ? '' : attachmentTable(attachments, style)),
    notes: attachments.length === 0 ? ['No attachment fits.'] : [],
  };
}

/** One attachment in full. */
export function attachmentView(attachment: Attachment): View {
  return { json: attachment, names: [attachment.id], text: (style) => attachmentPage(attachment, style) };
}

/** What one kind of consumer needs, as a file for its tool; undefined where it cannot take the handle. */
export function connectionView(attachment: Attachment, format: ConnectionFormat): View | undefined {
  const text = attachment.connection === null ? undefined : connectionText(attachment.connection, format);
  return text === undefined ? undefined : { json: attachment, names: [attachment.id], text: () => text };
}

function connectionText(
  { libvirt, qmp, cdi }: AttachmentConnection,
  format: ConnectionFormat,
): string | undefined {
  switch (format) {
    case 'libvirt':
      return libvirt?.trimEnd();
    case 'qmp':
      return qmp?.attach.map((command) => JSON.stringify(command)).join('\n');
    case 'cdi':
      return cdi === null ? undefined : JSON.stringify(cdi.spec ?? { name: cdi.name }, undefined, 2);
  }
}

const consumerOf = ({ consumer: { type, id } }: Attachment): string => printable(`${type} ${id}`);

function attachmentTable(attachments: readonly Attachment[], { paint, now, width }: Style): string {
  return renderTable<Attachment>({
    width,
    rows: attachments,
    columns: [
      { title: 'ID', cell: ({ id }) => id, narrow: 'id' },
      { title: 'STATE', cell: ({ state }) => paint(toneOf(state), state) },
      { title: 'CONSUMER', cell: consumerOf, narrow: 'shorten' },
      { title: 'HOST', cell: ({ host }) => printable(host ?? '-'), narrow: 'shorten' },
      { title: 'HANDLE', cell: ({ handle }) => printable(handle?.id ?? '-'), narrow: 'shorten' },
      { title: 'ASKED', cell: ({ createdAt }) => humanTime(createdAt, now) },
      { title: 'BY', cell: ({ requestedBy }) => printable(requestedBy), narrow: 'drop' },
      { title: 'NOTE', cell: noteOf, narrow: 'shorten' },
    ],
  });
}

const noteOf = ({ failure, trouble }: Attachment): string => printable(failure ?? trouble ?? '');

function attachmentPage(attachment: Attachment, { paint, now }: Style): string {
  const { state, handle, connection, failure, trouble, release, claim } = attachment;
  const details: Detail[] = [
    ['Id', attachment.id],
    ['State', paint(toneOf(state), state)],
    ['Consumer', consumerOf(attachment)],
    ['Asked for', printable(askedFor(attachment))],
    ['Host', printable(attachment.host ?? '-')],
    ['Device', attachment.deviceId ?? '-'],
    ['Deployable', attachment.deployableId ?? '-'],
    ['Handle', handle === null ? '-' : printable(`${handle.type} ${handle.id}`)],
    ...(connection === null ? [] : [['Nodes', connection.deviceNodes.map(printable)] as const]),
    ...(failure === null ? [] : [['Failure', printable(failure)] as const]),
    ...(trouble === null ? [] : [['Trouble', printable(trouble)] as const]),
    ...(release === null
      ? []
      : [['Detach', release === 'force' ? 'by force' : 'waits for the consumer'] as const]),
    ...(claim === 'none' ? [] : [['Placement', claim] as const]),
    ['Asked by', printable(attachment.requestedBy)],
    ['Asked', momentAndAge(attachment.createdAt, now)],
  ];
  const xml = connection?.libvirt;
  return renderSections(renderDetails(details), xml == null ? [] : [['For libvirt', xml.trimEnd()]]);
}

function askedFor({ deviceProfile, resourceClass, traits, hotplug, deployableId }: Attachment): string {
  const what =
    deviceProfile === null
      ? (resourceClass ?? `deployable ${deployableId}`)
      : `device profile ${deviceProfile}`;
  return [what, ...traits, ...(hotplug ? ['hotplug'] : [])].join(', ');
}
