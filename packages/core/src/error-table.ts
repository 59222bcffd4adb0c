/** What a caller should do about an error: mend the input, look elsewhere, wait for another, ask, retry, report. */
export type ErrorKind = 'invalid' | 'not-found' | 'conflict' | 'forbidden' | 'unavailable' | 'internal';

interface ErrorEntry {
  readonly kind: ErrorKind;
  /** When it happens and what helps; becomes the documentation. */
  readonly text: string;
}

/** Every code the service answers with. Codes are for ever; messages may change. */
export const errorTable = {
  'request.invalid': {
    kind: 'invalid',
    text: 'The request does not fit its schema; the message names the place.',
  },
  'state.not_allowed': {
    kind: 'conflict',
    text: 'The thing is in a state in which this cannot be done; the message names the states in which it can.',
  },
  'host.not_found': { kind: 'not-found', text: 'No agent of that name has ever reported. List the hosts.' },
  'device.not_found': { kind: 'not-found', text: 'No device has that id. List the devices.' },
  'operation.not_found': { kind: 'not-found', text: 'No operation has that id. List the operations.' },
  'internal.unexpected': {
    kind: 'internal',
    text: 'A defect of ours; the log has more under the request id.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;
