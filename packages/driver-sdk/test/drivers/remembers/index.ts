import { type DriverContext, defineDriver, type StoredValue } from '../../../src/index.ts';
import { cardNumber, quietDriver } from '../quiet-driver.ts';

const fileOf = (id: string): string => `/cards/${id}`;
/** As kernel attributes are: a write replaces what it covers. */
const content = { half: 'half\n', on: 'on  \n', off: '    \n' };

async function contentOf({ sys }: Pick<DriverContext, 'sys'>, id: string): Promise<string> {
  return (await sys.read(fileOf(id)))?.trim() ?? '';
}

/** Asked to, it dies where it stands, but never twice: it remembers that. */
async function dieOnce({ store }: Pick<DriverContext, 'store'>): Promise<void> {
  if ((await store.get('died')) === true) return;
  await store.set('died', true);
  process.kill(process.pid, 'SIGKILL');
  await new Promise(() => {});
}

/**
 * Attaches in two steps, `half` and `on`. Its `install` answers with what it has kept under a key, as the device's
 * model, and then keeps what it is given; `count` instead counts there for ever. `uninstall` deletes the key.
 */
export default defineDriver({
  ...quietDriver,
  discover: async () => [cardNumber(0)],
  async status(context, { handle }) {
    const found = await contentOf(context, handle.id);
    if (found === '') return 'detached';
    return found === 'on' ? 'attached' : 'partial';
  },
  async attach(context, { handle, options }) {
    if ((await contentOf(context, handle.id)) !== 'on') {
      await context.sys.write(fileOf(handle.id), content.half);
      if (options.die === 'between') await dieOnce(context);
      await context.sys.write(fileOf(handle.id), content.on);
    }
    return { type: handle.type, info: {} };
  },
  async detach(context, { handle }) {
    if ((await contentOf(context, handle.id)) !== '') await context.sys.write(fileOf(handle.id), content.off);
  },
  async install({ store, log }, { options }) {
    const { key = 'key', value, until, count } = options;
    const kept = await store.get(key);
    if (value !== undefined)
      await store.set(key, JSON.parse(value) as StoredValue, until === 'reboot' ? { until } : {});
    for (let number = 1; count !== undefined; number++) {
      await store.set(key, { number, filling: 'x'.repeat(10_000) });
      log.info(`counted ${number}`);
    }
    return { ...cardNumber(0), model: kept === undefined ? 'nothing' : JSON.stringify(kept).slice(0, 200) };
  },
  uninstall: async ({ store }, { options }) => store.delete(options.key ?? 'key'),
});
