import { DriverCalls, type StatsReading, StatsSample, type Uuid } from '@cyborgjs/core';
import { inChunks } from './chunks.ts';
import type { StatsReads } from './driver-stats.ts';
import { isoTime, parseColumn } from './json-column.ts';
import type { Session } from './session.ts';

/** Reads of the readings of devices. */
export function statsReads(session: Session): StatsReads {
  const { db, now } = session;
  return {
    async ofDevices(devices) {
      const samples = await samplesOf(session, [...new Set(devices.map(({ host }) => host))]);
      return devices.map(({ id, host, driver, identity, state }) => {
        const found = state === 'gone' ? undefined : samples.get(`${host}/${driver}`);
        const readings = found && readingsOf(found.sample, identity);
        return found === undefined || readings === undefined
          ? { device: id, readAt: null, readings: [] }
          : { device: id, readAt: found.readAt, readings };
      });
    },

    async recent(withinMs) {
      const samples = await db
        .selectFrom('driver_stats')
        .selectAll()
        .where('read_at', '>=', now() - withinMs)
        .execute();
      if (samples.length === 0) return [];
      const devices = await db
        .selectFrom('device')
        .select(['id', 'host', 'driver', 'identity'])
        .where('state', '!=', 'gone')
        .orderBy('number')
        .execute();
      const byDriver = Map.groupBy(devices, ({ host, driver }) => `${host}/${driver}`);
      return samples.flatMap(({ host, driver, sample: text, read_at }) => {
        const sample = sampleOf(text);
        return (byDriver.get(`${host}/${driver}`) ?? []).flatMap(({ id, identity }) => {
          const readings = readingsOf(sample, identity);
          if (readings === undefined) return [];
          return [{ device: id as Uuid, host, driver, readAt: isoTime(read_at), readings }];
        });
      });
    },

    async recentCalls(withinMs) {
      const rows = await db
        .selectFrom('driver_calls')
        .selectAll()
        .where('told_at', '>=', now() - withinMs)
        .orderBy('host')
        .orderBy('driver')
        .execute();
      return rows.map(({ host, driver, calls }) => ({
        host,
        driver,
        calls: parseColumn(DriverCalls, calls, 'driver_calls.calls'),
      }));
    },
  };
}

interface ReadSample {
  readonly readAt: string;
  readonly sample: StatsSample;
}

/** The samples of the drivers of hosts, by `host/driver`. */
async function samplesOf({ db }: Session, hosts: readonly string[]): Promise<Map<string, ReadSample>> {
  const rows = await inChunks(hosts, (chunk) =>
    db.selectFrom('driver_stats').selectAll().where('host', 'in', chunk).execute(),
  );
  return new Map(
    rows.map(({ host, driver, sample, read_at }) => [
      `${host}/${driver}`,
      { readAt: isoTime(read_at), sample: sampleOf(sample) },
    ]),
  );
}

const sampleOf = (text: string): StatsSample => parseColumn(StatsSample, text, 'driver_stats.sample');

/** What was read of a device, in the order of the manifest; undefined when nothing was. */
function readingsOf({ metrics, devices }: StatsSample, identity: string): StatsReading[] | undefined {
  const values = Object.hasOwn(devices, identity) ? devices[identity] : undefined;
  if (values === undefined) return undefined;
  return metrics.flatMap((metric) => {
    const value = Object.hasOwn(values, metric.name) ? values[metric.name] : undefined;
    return value === undefined ? [] : [{ ...metric, value }];
  });
}
