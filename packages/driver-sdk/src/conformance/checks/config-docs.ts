import { z } from 'zod';
import { type Bench, createBench } from '../bench.ts';
import type { CallOutcome } from '../call-driver.ts';
import type { Check } from '../check.ts';
import { type ConfigField, fieldsOf, valueAt, withValueAt } from '../config-fields.ts';
import { storiesOf, tell } from '../verb-stories.ts';

/** Names that promise a secret. */
const secretName = /passw(or)?d|secret|token|api_?key|private_?key|credential/i;

/** What a secret is set to where the fixture sets none; it is looked for in all that the driver lets out. */
const canary = 'canary-5f0e4d539b0c';

export const configDocs: Check = {
  id: 6,
  name: 'config-docs',
  scope: 'package',
  holds:
    'The settings have a JSON Schema that takes what the driver takes; each is described, secrets are marked, and come out in no log, failure, answer or tool argument.',
  why: 'Operators set a driver up from its schema alone, and what they enter as a secret must not come out anywhere.',
  run: async (bench) => {
    const { subject, expect } = bench;
    const schema = schemaOf(bench);
    if (schema === undefined) return;
    const fields = fieldsOf(schema);
    for (const { place, description, isSecret } of fields) {
      expect(
        description !== undefined && description.trim() !== '',
        () => `the setting ${place} is not described; expected .describe('…') in its schema`,
      );
      expect(
        isSecret || !secretName.test(place.split('.').at(-1) ?? ''),
        () =>
          `the setting ${place} sounds like a secret and is not marked; expected .meta({ writeOnly: true })`,
      );
    }
    expectRoundTrip(bench, schema);
    const secret = withSecrets(bench, fields);
    if (secret !== undefined && subject.driver.config.safeParse(secret.config).success)
      await expectKept(bench, secret);
  },
};

function schemaOf({ subject, expect }: Bench): unknown {
  try {
    const schema = z.toJSONSchema(subject.driver.config, { io: 'input' });
    expect(true, () => '');
    return JSON.parse(JSON.stringify(schema));
  } catch (error) {
    expect(
      false,
      () => `the settings have no JSON Schema: ${error instanceof Error ? error.message : error}`,
    );
    return undefined;
  }
}

/** What is written down as JSON Schema must take what the driver takes, and know each key that it knows. */
function expectRoundTrip({ expect, fixture }: Bench, schema: unknown): void {
  const again = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  const taken = again.safeParse(fixture.config);
  expect(
    taken.success,
    () =>
      `the JSON Schema of the settings refuses ${JSON.stringify(fixture.config)}, which the driver takes: ${taken.error?.issues[0]?.message}`,
  );
  if (typeof fixture.config !== 'object' || fixture.config === null) return;
  const extra = { ...fixture.config, 'no-such-key': 1 };
  expect(
    !again.safeParse(extra).success,
    () => 'the JSON Schema of the settings takes a key that does not exist; expected z.strictObject',
  );
}

interface SecretConfig {
  readonly config: unknown;
  readonly values: readonly string[];
}

function withSecrets({ fixture }: Bench, fields: readonly ConfigField[]): SecretConfig | undefined {
  const secrets = fields.filter(({ isSecret }) => isSecret);
  if (secrets.length === 0) return undefined;
  let config = fixture.config;
  const values = secrets.map(({ path }) => {
    const set = valueAt(config, path);
    if (typeof set === 'string' && set.length >= 6) return set;
    config = withValueAt(config, path, canary);
    return canary;
  });
  return { config, values };
}

/** Tells all verbs, once well and once failing at their last use of the seam, and reads all that comes out. */
async function expectKept(bench: Bench, { config, values }: SecretConfig): Promise<void> {
  const secretive = createBench({ ...bench, fixture: { ...bench.fixture, config } });
  for (const story of await storiesOf(secretive)) {
    const well = await secretive.trial((trial) => tell(trial, story));
    const last = well.calls.length - 1;
    const ill = await secretive.trial((trial) =>
      tell(trial, story, {
        plan: ({ index }) => (index === last ? { kind: 'error', errno: 'EIO' } : undefined),
      }),
    );
    for (const outcome of [well, ill])
      for (const [where, text] of wordsOf(outcome))
        bench.expect(
          !values.some((value) => text.includes(value)),
          () => `${story.name} lets a secret of the settings out: it is in ${where}; expected it nowhere`,
        );
  }
}

function wordsOf(outcome: CallOutcome): [where: string, text: string][] {
  const tools = outcome.calls.flatMap((call) => (call.verb === 'run' ? call.args : []));
  return [
    ...outcome.log.map((line): [string, string] => [
      `the log line ${JSON.stringify(line.slice(0, 60))}`,
      line,
    ]),
    ['the arguments of a tool, which everyone on the host can read', tools.join(' ')],
    ...(outcome.kind === 'answered'
      ? [['its answer', JSON.stringify(outcome.value) ?? ''] as [string, string]]
      : []),
    ...(outcome.kind === 'failed'
      ? [['the failure that it ended with', JSON.stringify(outcome.failure)] as [string, string]]
      : []),
  ];
}
