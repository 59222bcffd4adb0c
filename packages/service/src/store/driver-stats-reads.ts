import { type StatsReading, StatsSample, type Uuid } from '@cyborgjs/core';
import type { StatsReads } from './driver-stats.ts';
import { isoTime, parseColumn } from './json-column.ts';
import type { Session } from './session.ts';

/** Reads of the readings of devices. */
export function statsReads({ db, now }: Session): StatsReads {
  return {
    async ofDevice({ id, host, driver, identity, state }) {
      const row =
        state === 'gone'
          ? undefined
          : await db
              .selectFrom('driver_stats')
              .selectAll()
              .where('host', '=', host)
              .where('driver', '=', driver)
              .executeTakeFirst();
      const readings = row === undefined ? undefined : readingsOf(sampleOf(row.sample), identity);
      return readings === undefined || row === undefined
        ? { device: id, readAt: null, readings: [] }
        : { device: id, readAt: isoTime(row.read_at), readings };
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
  };
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
