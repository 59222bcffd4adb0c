import { readFileSync, statSync } from 'node:fs';
import { CyborgError } from '@cyborgjs/core';
import type { Logger } from 'pino';
import { parse } from 'yaml';
import { z } from 'zod';
import { createPolicy, type Policy, type PolicyOverrides, unknownRules } from './api/policy.ts';

const Overrides = z.record(z.string(), z.string()).nullable();

/** How long a change of the file may go unnoticed, in milliseconds. */
const lookAgainAfterMs = 1_000;

/** Reads a policy file: YAML or JSON, check strings by rule. Throws `config.unreadable`, `config.invalid`. */
export function readPolicyFile(file: string): PolicyOverrides {
  const overrides = Overrides.safeParse(parseFile(file));
  if (!overrides.success)
    throw new CyborgError(
      'config.invalid',
      `${file}: expected one check string per rule, such as "cyborg:arq:create": "role:member"; ` +
        z.prettifyError(overrides.error),
    );
  return overrides.data ?? {};
}

/** The policy of a file. Throws `config.unreadable`, `config.invalid` naming the file and the rule. */
export function loadPolicy(file: string): { readonly policy: Policy; readonly unknown: readonly string[] } {
  const overrides = readPolicyFile(file);
  try {
    return { policy: createPolicy(overrides), unknown: unknownRules(overrides) };
  } catch (cause) {
    throw new CyborgError('config.invalid', `${file}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * The policy of a file, read again when the file has changed. A change that cannot be read is logged and leaves what
 * was in force; a file that cannot be read at the start is an error.
 */
export function watchPolicy(
  file: string,
  { now, log }: { readonly now: () => number; readonly log: Logger },
): Policy {
  let inForce = load();
  let seen = stampOf(file);
  let lookedAt = now();

  function load(): Policy {
    const { policy, unknown } = loadPolicy(file);
    if (unknown.length > 0) log.warn({ file, unknown }, 'the policy file has rules that nothing asks for');
    return policy;
  }

  function refresh(): void {
    if (now() - lookedAt < lookAgainAfterMs) return;
    lookedAt = now();
    const stamp = stampOf(file);
    if (stamp === seen) return;
    seen = stamp;
    try {
      inForce = load();
      log.info({ file }, 'the policy file has changed; the new rules are in force');
    } catch (err) {
      log.error({ err, file }, 'the policy file has changed and cannot be used; the old rules stay in force');
    }
  }

  return {
    allows(identity, rule) {
      refresh();
      return inForce.allows(identity, rule);
    },
  };
}

function parseFile(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CyborgError('config.unreadable', `cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
  try {
    return parse(text);
  } catch (cause) {
    throw new CyborgError('config.invalid', `${file}: ${(cause as Error).message}`, { cause });
  }
}

/** Changes when the file does. */
function stampOf(file: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(file);
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    return 'absent';
  }
}
