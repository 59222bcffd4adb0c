import type { DiscoveredDevice, DriverFailure, DriverProcessState } from '@cyborgjs/core';
import { describeSeamCall, type SeamCall } from '../../machine/observe-machine.ts';

/** What `cyborg-driver dev` shows, one after the other; with `--json` a line each. */
export type DevEvent =
  | { readonly event: 'machine'; readonly name: string; readonly driver: string; readonly version: string }
  | {
      readonly event: 'state';
      readonly state: DriverProcessState;
      readonly failure: DriverFailure | null;
    }
  | { readonly event: 'devices'; readonly devices: readonly DiscoveredDevice[] }
  | {
      readonly event: 'seam';
      readonly during: string;
      readonly call: SeamCall;
      readonly ok: boolean;
    }
  | { readonly event: 'log'; readonly source: string; readonly level: string; readonly message: string }
  | {
      readonly event: 'done';
      readonly command: string;
      readonly answer: unknown;
      /** Uses of the seam that only look. */
      readonly reads: number;
      readonly ms: number;
    }
  | { readonly event: 'failed'; readonly command: string; readonly failure: DriverFailure }
  | { readonly event: 'hint'; readonly reason: string }
  | { readonly event: 'changed'; readonly files: readonly string[] }
  | { readonly event: 'help'; readonly text: string };

interface Look {
  readonly color: boolean;
  /** Whether reads are shown too, not only writes and tools. */
  readonly reads: boolean;
}

/** An event for people; undefined where there is nothing to say. */
export function renderDevEvent(event: DevEvent, { color, reads }: Look): string | undefined {
  const paint = (code: number, text: string): string => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  switch (event.event) {
    case 'machine':
      return `${paint(1, `${event.driver} ${event.version}`)} on ${event.name}. Type help for what you can do here.`;
    case 'state':
      if (event.state === 'starting') return undefined;
      return `${paint(event.state === 'running' ? 32 : 31, event.state)}${failureText(event.failure)}`;
    case 'devices':
      return event.devices.length === 0
        ? paint(33, 'no devices')
        : event.devices.flatMap((device) => deviceLines(device, paint)).join('\n');
    case 'seam':
      return isRead(event.call) && !reads
        ? undefined
        : paint(event.ok ? 2 : 31, `  ${describeSeamCall(event.call)}`);
    case 'log':
      return `  ${paint(event.level === 'warn' ? 33 : 2, `${event.source}: ${event.message}`)}`;
    case 'done': {
      const answer = event.answer === undefined ? '' : ` ${JSON.stringify(event.answer)}`;
      return `${paint(32, event.command)}${answer} ${paint(2, `(${event.reads} reads, ${event.ms} ms)`)}`;
    }
    case 'failed':
      return `${paint(31, event.command)}${failureText(event.failure)}`;
    case 'hint':
      return paint(36, `hint: ${event.reason}`);
    case 'changed':
      return paint(36, `${event.files.join(', ')} changed: the driver is started anew`);
    case 'help':
      return event.text;
  }
}

type Paint = (code: number, text: string) => string;

function deviceLines(device: DiscoveredDevice, paint: Paint): string[] {
  const { address, kind, model, identity, health, deployables } = device;
  const reason = health.reason === undefined ? '' : `: ${health.reason}`;
  const tone = health.state === 'ok' ? 32 : 31;
  return [
    `${paint(1, address)}  ${kind} ${model}  ${identity ?? 'no identity'}  ${paint(tone, `${health.state}${reason}`)}`,
    ...deployables.map(
      ({ resourceClass, traits, handles }) =>
        `  ${resourceClass}  ${handles.map(({ id, type }) => `${type} ${id}`).join(', ')}  ${traits.join(' ')}`,
    ),
  ];
}

function failureText(failure: DriverFailure | null): string {
  if (failure === null) return '';
  const { code, message, hint } = failure;
  return ` ${code}: ${message}${hint === undefined ? '' : `\n  ${hint}`}`;
}

/** Whether a use of the seam only looks. */
export const isRead = (call: SeamCall): boolean =>
  call.verb === 'invoke' ? !call.writes : call.verb !== 'write' && call.verb !== 'run';
